import { identityLayer } from "../../model/identity.js";
import type { NetworkLayer } from "../../model/model.js";

/** More in a row are a sign of names that mean something else. */
const mostLeftOut = 8;

/** `features.3` as its place among its siblings, or undefined where it bears a name of its own. */
function place(path: readonly string[], depth: number): number | undefined {
  return /^\d{1,4}$/.test(path[depth] ?? "") ? Number(path[depth]) : undefined;
}

/** The modules of an `nn.Sequential` between two neighbours, or before its first one. */
function modulesBetween(previous: readonly string[] | undefined, next: readonly string[]): string[] {
  const common = next.findIndex((part, depth) => part !== previous?.[depth]);
  const names: string[] = [];
  if (common < 0) return names;
  for (let depth = common; depth < next.length; depth++) {
    const first = depth === common && previous ? (place(previous, depth) ?? Infinity) + 1 : 0;
    for (let index = first; index < (place(next, depth) ?? 0); index++) {
      names.push([...next.slice(0, depth), index].join("."));
    }
  }
  return names;
}

/**
 * PyTorch's exporters leave out what does nothing, such as dropout, and fold batch normalizations into convolutions.
 * Where layers are named by their numbers in an `nn.Sequential`, missing numbers become identities, so that layers
 * are numbered as the modules are.
 */
export function withModulesLeftOut(layers: readonly NetworkLayer[]): NetworkLayer[] {
  const names = new Set(layers.map(({ name }) => name));
  return layers.flatMap((layer, i) => {
    const missing = modulesBetween(layers[i - 1]?.name.split("."), layer.name.split("."));
    const isMeant = missing.length <= mostLeftOut && !missing.some((name) => names.has(name));
    return isMeant ? [...missing.map((name) => identityLayer({ name })), layer] : [layer];
  });
}
