import { signedDigits } from "../kernels/signed-digits.js";
import type { Windows } from "./windows.js";

/** What a sum by buckets is made of. Handles are mutable: each operation leaves its result in `total`. */
export interface AdditiveGroup<H> {
  newHandle(): H;
  assign(total: H, other: H): void;
  negate(total: H, other: H): void;
  add(total: H, other: H): void;
  subtract(total: H, other: H): void;
}

/** A sum that starts with whatever is added first. */
class Accumulator<H> {
  empty = true;

  constructor(
    private readonly group: AdditiveGroup<H>,
    readonly handle: H,
  ) {}

  add(other: H): void {
    if (this.empty) this.group.assign(this.handle, other);
    else this.group.add(this.handle, other);
    this.empty = false;
  }

  subtract(other: H): void {
    if (this.empty) this.group.negate(this.handle, other);
    else this.group.subtract(this.handle, other);
    this.empty = false;
  }

  double(): void {
    if (!this.empty) this.group.add(this.handle, this.handle);
  }
}

/**
 * Σ wᵢ·xᵢ of ciphertexts with integer weights, by additions alone: an addition of ciphertexts takes about a fourteenth
 * of the time of a product with a plaintext (node-seal 7.0.0, N = 8192). Exact: the same polynomials, modulo every
 * prime, as products with constant plaintexts would give.
 */
export class BucketSum<H extends { delete(): void } | undefined> implements Disposable {
  readonly #group: AdditiveGroup<H>;
  readonly #scratch: H[] = [];

  constructor(group: AdditiveGroup<H>) {
    this.#group = group;
  }

  /** @param total takes the sum; at least one weight must not be zero */
  compute(total: H, inputs: readonly H[], weights: readonly number[], windows: Windows): void {
    const digits = 2 ** (windows.bits - 1);
    const buckets = Array.from({ length: windows.count }, (_, window) =>
      Array.from({ length: digits }, (_, i) => this.#accumulator(1 + window * digits + i)),
    );
    // Input by input, not window by window: an input stays in the cache for all its digits.
    inputs.forEach((input, i) =>
      signedDigits(weights[i], windows).forEach((digit, window) => {
        if (digit > 0) buckets[window][digit - 1].add(input);
        else if (digit < 0) buckets[window][-digit - 1].subtract(input);
      }),
    );

    const sum = new Accumulator(this.#group, total);
    for (const bucketsOfWindow of buckets.reverse()) {
      for (let bit = 0; bit < windows.bits; bit++) sum.double();
      const running = this.#accumulator(0);
      for (const bucket of bucketsOfWindow.reverse()) {
        if (!bucket.empty) running.add(bucket.handle);
        if (!running.empty) sum.add(running.handle);
      }
    }
  }

  /** Frees its scratch handles. */
  [Symbol.dispose](): void {
    for (const handle of this.#scratch.splice(0)) handle?.delete();
  }

  #accumulator(index: number): Accumulator<H> {
    this.#scratch[index] ??= this.#group.newHandle();
    return new Accumulator(this.#group, this.#scratch[index]);
  }
}

/** The additions and subtractions that a sum by buckets makes of inputs with these weights. */
export function countAdditions(weights: readonly number[], windows: Windows): number {
  let additions = 0;
  const count = () => void additions++;
  const nothing = () => undefined;
  const counting = new BucketSum<undefined>({
    newHandle: nothing,
    assign: nothing,
    negate: nothing,
    add: count,
    subtract: count,
  });
  counting.compute(
    undefined,
    weights.map(() => undefined),
    weights,
    windows,
  );
  return additions;
}
