import type { SealPlaintextHandle } from "../seal.js";

/** Bytes that encoded weights may take in SEAL's memory, which ends at 4 GiB. */
const mostBytes = 2 ** 28;

/**
 * Weights as polynomials in NTT form, encoded once for as long as there is room: a convolution meets the same ones at every
 * position. Those used longest ago go first.
 */
export class WeightCache implements Disposable {
  /** In the order of their last use; none where a weight rounds to zero. */
  readonly #held = new Map<number, SealPlaintextHandle | undefined>();
  readonly #most: number;

  /** @param bytesEach of one encoded weight */
  constructor(
    bytesEach: number,
    private readonly encode: (weight: number) => SealPlaintextHandle | undefined,
  ) {
    this.#most = Math.max(1, Math.floor(mostBytes / bytesEach));
  }

  /** Valid until the next call. */
  at(weight: number): SealPlaintextHandle | undefined {
    if (!this.#held.has(weight)) {
      if (this.#held.size >= this.#most) this.#forget(this.#held.keys().next().value!);
      this.#held.set(weight, this.encode(weight));
      return this.#held.get(weight);
    }
    const handle = this.#held.get(weight);
    this.#held.delete(weight);
    this.#held.set(weight, handle);
    return handle;
  }

  #forget(weight: number): void {
    this.#held.get(weight)?.delete();
    this.#held.delete(weight);
  }

  [Symbol.dispose](): void {
    for (const weight of [...this.#held.keys()]) this.#forget(weight);
  }
}
