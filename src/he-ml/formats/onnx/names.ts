import type { NodeProto } from "onnx-buf";

const unquoted = (list: string) => [...list.matchAll(/'([^']*)'/g)].map(([, text]) => text);

/** The module that made a node called `/scope/Op` or `/scope/Op_1`, as PyTorch's older exporter names nodes. */
function scopeOf({ name, opType }: NodeProto): string | undefined {
  const [, scope, op] = /^(\/.*?)([^/]+?)(?:_\d+)?$/.exec(name) ?? [];
  if (op !== opType) return undefined;
  const parts = scope.split("/").filter((part) => part !== "");
  return parts.reduce(
    (path, part) => (path === "" || part.startsWith(`${path}.`) ? part : `${path}.${part}`),
    "",
  );
}

/** The module that PyTorch's newer exporter notes beside a node: `['', 'features', 'features.0', 'conv2d']`. */
function notedModule({ metadataProps, input }: NodeProto): string | undefined {
  const scopes = metadataProps.find(({ key }) => key === "pkg.torch.onnx.name_scopes");
  if (!scopes) return undefined;
  // A folded batch normalization passes its own name on, but the weights keep that of their layer.
  const [, owner] = /^(.+)\.weight$/.exec(input[1] ?? "") ?? [];
  return owner ?? unquoted(scopes.value).at(-2);
}

/** The Keras layer that made a node called `model/layer/Op`, as tf2onnx names nodes. */
function kerasLayer({ name, output }: NodeProto): string | undefined {
  return output[0]?.endsWith(":0") ? /^[^/]+\/([^/]+)\/./.exec(name)?.[1] : undefined;
}

/** The module of the original network that made a node; an empty name is the network itself. */
export const moduleOf = (node: NodeProto): string | undefined =>
  notedModule(node) ?? scopeOf(node) ?? kerasLayer(node);

const ownName = (node: NodeProto) => moduleOf(node) ?? node.name;

/**
 * Names layers by the modules or nodes that made them, or, where these have no name or share it, by the prefix of
 * their kind and a running number: `conv1`, `square1`, `conv2`.
 */
export class LayerNames {
  readonly #reserved: ReadonlySet<string>;
  readonly #given = new Set<string>();
  readonly #counts = new Map<string, number>();

  constructor(nodes: readonly NodeProto[]) {
    this.#reserved = new Set(nodes.map(ownName));
  }

  /** @param makers the nodes that made the layer */
  next(prefix: string, makers: readonly NodeProto[]): string {
    let number = (this.#counts.get(prefix) ?? 0) + 1;
    this.#counts.set(prefix, number);
    const isTaken = (name: string) => this.#given.has(name);
    let name = makers.map(ownName).find((own) => own !== "");
    if (name === undefined || /\p{Cc}/u.test(name) || isTaken(name)) {
      while (this.#reserved.has(`${prefix}${number}`) || isTaken(`${prefix}${number}`)) number++;
      name = `${prefix}${number}`;
    }
    this.#given.add(name);
    return name;
  }
}
