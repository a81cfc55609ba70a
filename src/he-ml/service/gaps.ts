import { InputError } from "../errors.js";
import * as z from "zod";
import { measuredSchema, type TypeOf } from "../schema.js";
import { maxAbs, type Tensor } from "../tensor/tensor.js";

const gapSchema = z.object({
  /** Largest difference of a logit, over the largest magnitude of any; as `relativeToMax` in ErrorStatistics. */
  relativeToMax: measuredSchema,
  /** What it may be. */
  allowed: z.number(),
});

export const gapsSchema = z.object({
  /** The encrypted logits against the plain ones. */
  encrypted: gapSchema,
  /** HE-ML's own plain forward against the plain logits that were given, as onnxruntime's. */
  plain: gapSchema.optional(),
  /** The encrypted logits against those that the images came with. */
  expected: gapSchema.optional(),
});

/** How far results of one and the same network lie apart, over all images. Plain JSON. */
export interface Gaps extends TypeOf<typeof gapsSchema> {}

/** onnxruntime computes in single precision: 2⁻²⁴ each step, which sums of large terms make more of. */
const mostInSinglePrecision = 1e-3;

/** Logits, `[n, classes]`. */
export interface ComparedLogits {
  readonly encrypted: Tensor;
  /** By HE-ML's own plain forward. */
  readonly forward: Tensor;
  /** By another program. */
  readonly given?: Tensor;
  /** That the images came with. */
  readonly expected?: Tensor;
}

/**
 * Compares what different ways through a network gave.
 *
 * @param asked the relative error that was asked for, between 0 and 1
 */
export function gapsBetween({ encrypted, forward, given, expected }: ComparedLogits, asked: number): Gaps {
  return {
    encrypted: { relativeToMax: relativeGap(encrypted, given ?? forward), allowed: asked },
    plain: given && { relativeToMax: relativeGap(forward, given), allowed: mostInSinglePrecision },
    expected: expected && { relativeToMax: relativeGap(encrypted, expected), allowed: asked },
  };
}

/**
 * Plans keep what is asked for with room for chance, relative to the largest output that the model knows. A single image
 * may have a largest output far below that, and is held against its own.
 */
export const beyondChance = 1.5;

/** Whether a gap is wider than it may be, by more than chance explains; one that is no number is. */
export const isTooWide = ({ relativeToMax, allowed }: NonNullable<Gaps["plain"]>): boolean =>
  !(relativeToMax <= beyondChance * allowed);

function relativeGap(actual: Tensor, wanted: Tensor): number {
  if (actual.data.length !== wanted.data.length) {
    throw new InputError(
      `gaps: expected ${wanted.data.length} logits, got ${actual.data.length}; compare the same images`,
    );
  }
  const gap = maxAbs(actual.data.map((value, i) => value - wanted.data[i]));
  const largest = maxAbs(wanted.data);
  return gap === 0 ? 0 : largest === 0 ? 1 : gap / largest;
}
