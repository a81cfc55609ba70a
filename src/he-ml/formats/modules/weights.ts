import { InputError } from "../../errors.js";
import { formatShape, type Shape, type Tensor } from "../../tensor/tensor.js";
import type { Module } from "../description.js";

/** PyTorch counts the batches that a batch norm has seen; nothing is computed with it. */
const unread = /(^|\.)num_batches_tracked$/;

/** Put before every name by what wraps a network: DataParallel, torch.compile. */
const wrappers = ["module.", "_orig_mod."];

/** The tensors under the names that their modules have without what the network was wrapped in when it was saved. */
export function withoutWrappers(
  tensors: ReadonlyMap<string, Tensor>,
  modules: readonly Pick<Module, "name">[],
): ReadonlyMap<string, Tensor> {
  const names = [...tensors.keys()];
  const wrapper = wrappers.find(
    (prefix) => names.length > 0 && names.every((name) => name.startsWith(prefix)),
  );
  if (wrapper === undefined || modules.some(({ name }) => name.startsWith(wrapper))) return tensors;
  const inner = new Map([...tensors].map(([name, tensor]) => [name.slice(wrapper.length), tensor]));
  return withoutWrappers(inner, modules);
}

/** The tensors of a file, each named by its module and what it is there: `0.weight`. */
export class Weights {
  readonly #left: Set<string>;
  readonly #read = new Set<Tensor>();

  constructor(private readonly tensors: ReadonlyMap<string, Tensor>) {
    this.#left = new Set([...tensors.keys()].filter((name) => !unread.test(name)));
  }

  /** A tensor of the module. @throws InputError if there is none, or it has another shape */
  required(module: Module, part: string, shape?: Shape): Tensor {
    const found = this.optional(module, part, shape);
    if (found) return found;
    throw new InputError(
      `${describeModule(module)}: expected the weights ${JSON.stringify(nameOf(module, part))}, but there are ` +
        `none of this name; name the layer as its weights are named`,
    );
  }

  /** A tensor of the module, or undefined where there is none. @throws InputError if it has another shape */
  optional(module: Module, part: string, shape?: Shape): Tensor | undefined {
    const name = nameOf(module, part);
    const found = this.tensors.get(name);
    this.#left.delete(name);
    if (found) this.#read.add(found);
    if (found && shape && formatShape(found.shape) !== formatShape(shape)) {
      throw new InputError(
        `${describeModule(module)}: expected ${part} of ${formatShape(shape)}, got ${formatShape(found.shape)}`,
      );
    }
    return found;
  }

  /** @throws InputError if there are tensors that no module asked for, under this name or another one of theirs */
  requireAllRead(): void {
    const left = [...this.#left].filter((name) => !this.#read.has(this.tensors.get(name)!));
    if (left.length === 0) return;
    const names = left.slice(0, 3).map((name) => JSON.stringify(name));
    const more = left.length > names.length ? ` and ${left.length - names.length} more` : "";
    throw new InputError(
      `the file holds weights that belong to no layer: ${names.join(", ")}${more}; describe every layer`,
    );
  }
}

const nameOf = ({ name }: Module, part: string) => (name === "" ? part : `${name}.${part}`);

/** A module as messages name it. */
export function describeModule({ type, name }: { readonly type: string; readonly name: string }): string {
  return `${type} ${JSON.stringify(name)}`;
}
