import { InputError } from "../../../he-ml/errors.js";
import { applyTransform, type Diagonal } from "../../../he-ml/planner/matvec/linear-transform.js";
import type { AffineMap } from "../../../he-ml/planner/stages/affine-map.js";

/** Slots of a ciphertext at N = 8192. */
export const slots = 4096;

/** One stage of a layout made by hand: how many slots further on is read, and where outputs are added up. */
export interface HandStage {
  /** Before all products a ciphertext is added to itself, rotated by so much, one step after the other. */
  readonly sums: readonly number[];
  readonly babies: readonly number[];
  readonly giants: readonly number[];
  /** As `sums`, behind all products. */
  readonly folds: readonly number[];
  /** For each output the slots in which it is to stand. */
  readonly outputs: readonly (readonly number[])[];
}

/** Values in slots: which value each slot holds, or −1. */
export type Held = Int32Array;

const wrap = (slot: number) => ((slot % slots) + slots) % slots;

/** @throws InputError where two values share a slot, or a value has none */
export function heldBy(what: string, places: readonly (readonly number[])[]): Held {
  const held = new Int32Array(slots).fill(-1);
  for (const [value, all] of places.entries()) {
    if (all.length === 0) throw new InputError(`${what}: value ${value} has no slot; give it one`);
    for (const slot of all) {
      if (held[slot] >= 0 && held[slot] !== value) {
        throw new InputError(
          `${what}: slot ${slot} is to hold both value ${held[slot]} and value ${value}; a slot holds one number`,
        );
      }
      held[slot] = value;
    }
  }
  return held;
}

/** A step of 0 is none: nothing moves. */
export const rotationsOf = ({ sums, babies, giants, folds }: Omit<HandStage, "outputs">): number =>
  [babies, giants].reduce((all, steps) => all + new Set(steps.map(wrap).filter((step) => step > 0)).size, 0) +
  sums.length +
  folds.length;

/** All slots that rotate-and-add brings together: each step doubles them. */
const reachOf = (steps: readonly number[]) =>
  steps.reduce<number[]>((reach, step) => [...reach, ...reach.map((slot) => slot + step)], [0]);

/** @param windows for each pooled value the values that it adds up */
export function pooled(
  what: string,
  held: Held,
  sums: readonly number[],
  windows: readonly (readonly number[])[],
): Held {
  const windowOf = new Map(windows.map((window, i) => [[...window].sort((a, b) => a - b).join(), i]));
  const reach = reachOf(sums);
  const result = held.map((_, slot) => {
    const together = reach.map((step) => held[wrap(slot + step)]).sort((a, b) => a - b);
    return windowOf.get(together.join()) ?? -1;
  });
  const missing = windows.findIndex((_, i) => !result.includes(i));
  if (missing < 0) return result;
  throw new InputError(
    `${what}: sums ${sums.join(", ")} add up no slots that hold just the ${windows[missing].length} pixels of pooled value ${missing}; ` +
      `the steps are the distances of a window's pixels in your layout`,
  );
}

export interface Computed {
  readonly values: Float64Array;
  readonly held: Held;
}

/**
 * Computes y = W·x + b on slots, by one product for each pair of baby and giant step that a weight needs.
 *
 * @param before slots in which it is known what they hold, and what they do
 * @throws InputError for the first weight that no pair of steps reaches, and where two outputs meet in a slot
 */
export function computeStage(what: string, map: AffineMap, stage: HandStage, before: Computed): Computed {
  const { babies, giants, folds, outputs } = stage;
  const bases = outputs.flatMap((places, output) => places.map((slot) => ({ output, slot })));
  const reach = reachOf(folds);
  const baseAt = new Int32Array(slots).fill(-1);
  for (const [i, { output, slot }] of bases.entries()) {
    for (const step of reach) {
      const at = wrap(slot + step);
      const other = baseAt[at];
      if (other === i) {
        throw new InputError(
          `${what}: the folds ${folds.join(", ")} add a slot twice; each doubles what went before`,
        );
      }
      if (other >= 0) {
        throw new InputError(
          `${what}: slot ${at} would add up parts of both output ${bases[other].output} and output ${output}; ` +
            `with these folds each output needs ${reach.length} slots of its own`,
        );
      }
      baseAt[at] = i;
    }
  }
  const diagonals = diagonalsOf(what, map, { babies, giants, reach, bases }, before.held);
  const [values] = applyTransform(
    {
      ...{ map, inputs: 1, outputs: 1, poolSums: [], diagonals },
      folds: folds.map((step) => [step]),
    },
    (entry) => map.weights[entry],
    [before.values],
  );
  const held = baseAt.map((base, slot) =>
    base >= 0 && reach.every((step) => baseAt[wrap(slot + step)] === base) ? bases[base].output : -1,
  );
  return {
    values: values.map((value, slot) => (held[slot] < 0 ? value : value + map.bias[held[slot]])),
    held,
  };
}

interface Placement {
  readonly babies: readonly number[];
  readonly giants: readonly number[];
  readonly reach: readonly number[];
  readonly bases: readonly { readonly output: number; readonly slot: number }[];
}

function diagonalsOf(what: string, map: AffineMap, placement: Placement, held: Held): Diagonal[] {
  const { babies, giants, reach, bases } = placement;
  const stepOf = new Map(
    giants.flatMap((giant) => babies.map((baby) => [wrap(baby + giant), { baby, giant }] as const)),
  );
  const copies = Array.from({ length: map.columns }, (): number[] => []);
  held.forEach((value, slot) => value >= 0 && copies[value].push(slot));
  const products = new Map<string, Diagonal>();
  for (const { output, slot } of bases) {
    for (let entry = map.rowStarts[output]; entry < map.rowStarts[output + 1]; entry++) {
      const places = reach.flatMap((fold) =>
        copies[map.columnOf[entry]].map((from) => ({
          at: wrap(slot + fold),
          step: wrap(from - slot - fold),
        })),
      );
      const place = places.find(({ step }) => stepOf.has(step));
      if (!place) {
        const steps = [...new Set(places.map(({ step }) => step))].slice(0, 4).join(", ");
        throw new InputError(
          `${what}: output ${output} in slot ${slot} does not reach its input ${map.columnOf[entry]}: ` +
            `no baby step plus giant step makes ${steps || "its step: it stands nowhere"}`,
        );
      }
      const { baby, giant } = stepOf.get(place.step)!;
      const key = `${baby} ${giant}`;
      const diagonal: Diagonal = products.get(key) ?? {
        ...{ input: 0, output: 0, baby, giant },
        entries: new Int32Array(slots).fill(-1),
      };
      products.set(key, diagonal);
      diagonal.entries[wrap(place.at + giant)] = entry;
    }
  }
  return [...products.values()];
}
