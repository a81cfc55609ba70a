import { InputError } from "../../errors.js";
import type { Tensor } from "../../tensor/tensor.js";
import { mostWeights } from "../limits.js";
import { doublesOf, type NumberType } from "../numbers.js";

/** Numbers in memory, which several tensors may share. */
export interface Storage {
  readonly type: NumberType;
  /** How many numbers it holds. */
  readonly count: number;
  /** Little-endian. In a legacy file they follow the pickle that speaks of them. */
  bytes?: Uint8Array;
}

/** A tensor as a view of a storage: any order of axes, any steps, and 0 for an axis that is expanded from one value. */
export class StoredTensor {
  constructor(
    readonly storage: Storage,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}
}

/** Gives the values of tensors, up to a limit for all of them: an expanded one may have more than its file has bytes. */
export class TensorReader {
  #values = 0;
  readonly #read = new Map<Storage, { readonly view: string; readonly tensor: Tensor }[]>();

  /**
   * A tensor's values. What is stored once and saved under two names is one tensor.
   *
   * @throws InputError if the tensor reaches beyond its storage, or there are too many values
   */
  read(what: string, stored: StoredTensor): Tensor {
    const { storage, offset, shape, strides } = stored;
    const view = JSON.stringify([offset, shape, strides]);
    const views = this.#read.get(storage) ?? [];
    const known = views.find((other) => other.view === view);
    if (known) return known.tensor;
    const tensor = this.#valuesOf(what, stored);
    this.#read.set(storage, [...views, { view, tensor }]);
    return tensor;
  }

  #valuesOf(what: string, { storage, offset, shape, strides }: StoredTensor): Tensor {
    const count = shape.reduce((product, size) => product * size, 1);
    this.#values += count;
    if (!(this.#values <= mostWeights)) {
      throw new InputError(
        `${what}: its tensors hold more than ${mostWeights} values; such a network cannot be encrypted`,
      );
    }
    const last = shape.reduce((index, size, axis) => index + (size - 1) * strides[axis], offset);
    if (!storage.bytes || (count > 0 && last >= storage.count)) {
      throw new InputError(`${what}: the tensor reaches beyond its values; save the network again`);
    }
    const stored = doublesOf(storage.type, storage.bytes);
    const data = new Float64Array(count);
    const position = shape.map(() => 0);
    let index = offset;
    for (let i = 0; i < count; i++) {
      data[i] = stored(index);
      for (let axis = shape.length - 1; axis >= 0; axis--) {
        index += strides[axis];
        if (++position[axis] < shape[axis]) break;
        index -= position[axis] * strides[axis];
        position[axis] = 0;
      }
    }
    return { shape: [...shape], data };
  }
}
