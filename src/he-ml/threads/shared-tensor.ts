import { requireCount, type SerializedTensor } from "../crypto/encrypted-tensor.js";
import { ciphertextCount, type EncryptedLayout } from "../crypto/packing.js";
import type { CkksParameters } from "../crypto/parameters.js";
import { InputError } from "../errors.js";

/**
 * Serialised ciphertexts in shared memory, so that sending them to a thread copies nothing: their lengths as 32-bit
 * numbers, then the ciphertexts, each at a multiple of `stride`.
 */
export interface SharedTensor extends EncryptedLayout {
  readonly memory: SharedArrayBuffer;
  /** Bytes set apart for one ciphertext. */
  readonly stride: number;
}

/** Ciphertext `index` as it lies in shared memory. */
export function sharedCiphertext(tensor: SharedTensor, index: number): Uint8Array {
  return new Uint8Array(tensor.memory, offsetOf(tensor, index), lengthsOf(tensor)[index]);
}

/** Puts ciphertext `index` into shared memory. */
export function shareCiphertext(tensor: SharedTensor, index: number, bytes: Uint8Array): void {
  writeCiphertext(tensor, index, (to) => {
    to.set(bytes);
    return bytes.length;
  });
}

/** Has ciphertext `index` written into shared memory. @param write returns how many bytes it wrote */
export function writeCiphertext(
  tensor: SharedTensor,
  index: number,
  write: (to: Uint8Array) => number,
): void {
  const length = write(new Uint8Array(tensor.memory, offsetOf(tensor, index), tensor.stride));
  lengthsOf(tensor)[index] = length;
}

/** The tensor as its bytes lie in shared memory; they change when the memory is used again. */
export function sharedView(tensor: SharedTensor): SerializedTensor {
  const { shape, packing, images, slotLayout } = tensor;
  const ciphertexts = Array.from({ length: ciphertextCount(tensor) }, (_, index) =>
    sharedCiphertext(tensor, index),
  );
  return { shape, packing, images, slotLayout, ciphertexts };
}

/** A copy of the tensor outside of shared memory. */
export function unshared(tensor: SharedTensor): SerializedTensor {
  const { ciphertexts, ...layout } = sharedView(tensor);
  return { ...layout, ciphertexts: ciphertexts.map((bytes) => bytes.slice()) };
}

const lengthsOf = (tensor: SharedTensor) => new Int32Array(tensor.memory, 0, ciphertextCount(tensor));
const offsetOf = (tensor: SharedTensor, index: number) => 4 * ciphertextCount(tensor) + index * tensor.stride;

/**
 * Shared memory that is used again and again: threads hold on to every piece they have seen until their garbage
 * collector happens to run.
 */
export class SharedMemory {
  readonly #free: SharedArrayBuffer[] = [];
  readonly #stride: number;

  constructor(parameters: CkksParameters) {
    const headers = 1024;
    this.#stride = 2 * parameters.levels * parameters.polyModulusDegree * 8 + headers;
  }

  /** Room for a tensor's ciphertexts. */
  reserve({ shape, packing, images, slotLayout }: EncryptedLayout): SharedTensor {
    const bytes = ciphertextCount({ shape, packing, images, slotLayout }) * (4 + this.#stride);
    const fitting = this.#free.findIndex(({ byteLength }) => byteLength >= bytes);
    const memory = fitting < 0 ? new SharedArrayBuffer(bytes) : this.#free.splice(fitting, 1)[0];
    return { shape, packing, images, slotLayout, memory, stride: this.#stride };
  }

  /** @throws InputError if there are too few or too many ciphertexts, or one is too large for the parameters */
  share(tensor: SerializedTensor): SharedTensor {
    requireCount(tensor, tensor.ciphertexts.length);
    const oversized = tensor.ciphertexts.findIndex(({ length }) => length > this.#stride);
    if (oversized >= 0) {
      throw new InputError(
        `run: expected ciphertexts of at most ${this.#stride} bytes, got ${tensor.ciphertexts[oversized].length}`,
      );
    }
    const shared = this.reserve(tensor);
    tensor.ciphertexts.forEach((bytes, index) => shareCiphertext(shared, index, bytes));
    return shared;
  }

  release({ memory }: SharedTensor): void {
    this.#free.push(memory);
    this.#free.sort((a, b) => a.byteLength - b.byteLength);
  }
}
