import { InputError } from "../errors.js";
import { requireInputRange } from "../model/input-range.js";
import type { ValueRange } from "../model/value-range.js";
import type { Program } from "../program/program.js";
import { imageAt, stack, type Tensor } from "../tensor/tensor.js";
import { plainOutputs, plainRanges, requireRoomForRanges, requireRoomForValues } from "./plain-outputs.js";

/** Images in the clear, and whether a program has room for them. */
export interface CheckedImages {
  /** `[n, …outputShape]` */
  readonly plainLogits: Tensor;
  /** For each image why the program has no room for its values; undefined where it has. */
  readonly outOfRange: readonly (string | undefined)[];
}

/** Images whose layers' outputs are held at one time. */
const atOnce = 32;

/**
 * Runs images through the plain network, and holds every number that is computed of each against the room that the program
 * has for it. Gives way to the event loop now and then.
 *
 * @param images `[n, …inputShape]`
 * @throws the signal's reason
 */
export async function checkedImages(
  program: Program,
  images: Tensor,
  signal?: AbortSignal,
): Promise<CheckedImages> {
  const [count] = images.shape;
  const logits: Tensor[] = [];
  let ranges: ValueRange[] | undefined;
  for (let first = 0; first < count; first += atOnce) {
    await new Promise((resolve) => setTimeout(resolve, 0));
    signal?.throwIfAborted();
    const some = imagesFrom(images, first, Math.min(atOnce, count - first));
    const outputs = plainOutputs(program, some);
    logits.push(outputs.at(-1)!);
    if (!program.plan) ranges = widened(ranges, plainRanges(program, some, outputs));
  }
  const fits =
    ranges !== undefined &&
    reasonOf(() => {
      requireInputRange("accuracy", program.clientSpec.inputRange, images);
      requireRoomForRanges(program, ranges);
    }) === undefined;
  const outOfRange: (string | undefined)[] = [];
  for (let image = 0; image < count; image++) {
    outOfRange.push(
      fits ? undefined : reasonOf(() => requireRoomForImage(program, imagesFrom(images, image, 1))),
    );
    if (fits || image % atOnce > 0) continue;
    await new Promise((resolve) => setTimeout(resolve, 0));
    signal?.throwIfAborted();
  }
  return { plainLogits: joined(logits), outOfRange };
}

/** @param image `[1, …inputShape]` @throws InputError naming where there is no room */
export function requireRoomForImage(program: Program, image: Tensor): void {
  requireInputRange("accuracy", program.clientSpec.inputRange, image);
  requireRoomForValues(program, image, program.plan ? [] : plainOutputs(program, image));
}

/** Images `first` to `first + count − 1`, without copying their values. */
export function imagesFrom({ shape, data }: Tensor, first: number, count: number): Tensor {
  const size = data.length / shape[0];
  return { shape: [count, ...shape.slice(1)], data: data.subarray(first * size, (first + count) * size) };
}

/** Those of the images that these positions name. */
export const imagesAt = (images: Tensor, positions: readonly number[]): Tensor =>
  positions.length === images.shape[0]
    ? images
    : stack(positions.map((position) => imageAt(images, position)));

function joined(parts: readonly Tensor[]): Tensor {
  const count = parts.reduce((sum, { shape }) => sum + shape[0], 0);
  const data = new Float64Array(parts.reduce((sum, part) => sum + part.data.length, 0));
  let at = 0;
  for (const part of parts) {
    data.set(part.data, at);
    at += part.data.length;
  }
  return { shape: [count, ...parts[0].shape.slice(1)], data };
}

/** Ranges that hold what both do. */
function widened(seen: readonly ValueRange[] | undefined, more: readonly ValueRange[]): ValueRange[] {
  return more.map(({ name, min, max }, i) => ({
    name,
    min: Math.min(min, seen?.[i].min ?? min),
    max: Math.max(max, seen?.[i].max ?? max),
  }));
}

/** What the check refused; undefined where it did not. */
function reasonOf(check: () => void): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof InputError) return error.message.replace(/^(accuracy|image 0): /, "");
    throw error;
  }
}
