import type { SerializedTensor } from "../crypto/encrypted-tensor.js";
import { PublicContext } from "../crypto/public-context.js";
import type { Plan } from "../planner/plan.js";
import { blindingBits, largestSlot } from "../program/blinding-bits.js";
import { oneSlotEach } from "../program/client-spec.js";
import { sizeOf } from "../tensor/tensor.js";

/**
 * Blinds what an answer carries beside its values: partial sums in the other slots, and copies, which tell of the weights.
 * Noise is added to those slots before the answer leaves. Statistical blinding by k bits: whoever sees one answer learns
 * little of a partial sum; over many answers to one image noise averages out.
 */
export class Blinding implements Disposable {
  private constructor(
    private readonly context: PublicContext,
    private readonly plan: Plan,
    /** Uniform noise in ±bound. */
    private readonly bound: number,
    /** For each ciphertext of an image, which slots the client reads. */
    private readonly read: readonly ReadonlySet<number>[],
  ) {}

  /** @param plan one whose answer can be blinded: see `isBlinded` */
  static async open(plan: Plan): Promise<Blinding> {
    const bound = 2 ** blindingBits(plan) * largestSlot(plan);
    const read = oneSlotEach(plan.stages.at(-1)!.output, sizeOf(plan.outputShape)).map(
      (held) => new Set(held.flatMap((value, slot) => (value < 0 ? [] : [slot]))),
    );
    return new Blinding(await PublicContext.open(plan.parameters), plan, bound, read);
  }

  /** @param answer the last stage's output, as it would leave */
  blind(answer: SerializedTensor): SerializedTensor {
    const { context, plan, read } = this;
    const { evaluator } = context;
    using loaded = context.load(answer);
    loaded.ciphertexts.forEach((ciphertext, i) => {
      const noise = uniformNoise(plan.parameters.slots, this.bound);
      for (const slot of read[i % read.length]) noise[slot] = 0;
      using plaintext = evaluator.encodeNoise(noise, ciphertext);
      evaluator.addPlainInplace(ciphertext, plaintext);
    });
    return context.save(loaded);
  }

  [Symbol.dispose](): void {
    this.context[Symbol.dispose]();
  }
}

/** As many random bytes as `getRandomValues` gives at once. */
const mostRandomBytes = 65_536;

/** Uniform in ±bound, from the system's generator. */
function uniformNoise(length: number, bound: number): Float64Array {
  const words = new Uint32Array(2 * length);
  const atOnce = mostRandomBytes / words.BYTES_PER_ELEMENT;
  for (let at = 0; at < words.length; at += atOnce) crypto.getRandomValues(words.subarray(at, at + atOnce));
  return Float64Array.from({ length }, (_, i) => {
    const fraction = (words[2 * i] + words[2 * i + 1] / 2 ** 32) / 2 ** 32;
    return bound * (2 * fraction - 1);
  });
}
