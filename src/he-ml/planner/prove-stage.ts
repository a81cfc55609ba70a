import { InputError } from "../errors.js";
import { sizeOf } from "../tensor/tensor.js";
import type { PlannedStage } from "./plan.js";
import { applyTransform } from "./matvec/linear-transform.js";
import { uniform } from "./random.js";
import { applyAffine, type AffineMap } from "./stages/affine-map.js";

/** Sums of doubles in another order differ by less than this times the sum of their terms' magnitudes. */
const rounding = 1e-6;

/**
 * Runs a stage's rotations, products and sums once on random numbers, with the weights that it has, and compares every slot
 * that is said to hold an output with what the layers give. Slots that hold nothing are filled with other random numbers.
 *
 * @throws InputError if a slot holds something else than its layout says, or the linear transform does not hold together
 */
export function requirePlannedStage(stage: PlannedStage, slots: number): void {
  const { name, map, transform, input, output, inputShape } = stage;
  const refuse = (reason: string) =>
    new InputError(`program: plan: stage "${name}": ${reason}; compile the model again`);
  for (const layout of [input, output]) {
    if (layout.some((held) => held.length !== slots)) throw refuse(`expected layouts of ${slots} slots`);
  }
  const random = numbers();
  const values = Float64Array.from({ length: sizeOf(inputShape) }, random);
  const held = input.map((positions) =>
    Float64Array.from(positions, (position) => (position < 0 ? random() : values[position])),
  );
  if (transform) requireWhole(stage, slots, refuse);
  else if (map) throw refuse("its weights are missing");
  const expected = map ? applyAffine({ ...map, bias: new Float64Array(map.rows) }, values) : values;
  const got = transform ? applyTransform(transform, (entry) => transform.map.weights[entry], held) : held;
  if (got.length !== output.length) throw refuse(`expected ${got.length} ciphertexts, got ${output.length}`);
  const magnitudes = map ? applyAffine(magnitudesOf(map), values.map(Math.abs)) : values.map(Math.abs);
  const found = new Set<number>();
  output.forEach((positions, ciphertext) => {
    for (let slot = 0; slot < slots; slot++) {
      const position = positions[slot];
      if (position < 0) continue;
      const difference = Math.abs(got[ciphertext][slot] - expected[position]);
      if (!(difference <= rounding * magnitudes[position])) {
        throw refuse(
          `slot ${slot} of ciphertext ${ciphertext} does not hold value ${position}, as its layout says`,
        );
      }
      found.add(position);
    }
  });
  if (found.size !== expected.length) throw refuse("its output layout leaves values out");
  const bias = map?.bias ?? [];
  const isOwn = (value: number, row: number) => Math.abs(value - bias[row]) <= rounding * Math.abs(value);
  if (transform && !transform.map.bias.every(isOwn)) throw refuse("its bias is not that of its layers");
}

const magnitudesOf = (map: AffineMap): AffineMap => ({
  ...map,
  weights: map.weights.map(Math.abs),
  bias: new Float64Array(map.rows),
});

/** @throws what `refuse` makes unless all that the linear transform refers to is there */
function requireWhole(
  { transform, map, input, output }: PlannedStage,
  slots: number,
  refuse: (reason: string) => InputError,
): void {
  const { inputs, outputs, diagonals, poolSums, folds, map: own } = transform!;
  const entries = own.weights.length;
  const steps = [
    ...poolSums.flat(),
    ...folds.flat(),
    ...diagonals.flatMap(({ baby, giant }) => [baby, giant]),
  ];
  const sound =
    own.rows === map?.rows &&
    own.bias.length === own.rows &&
    inputs === input.length &&
    outputs === output.length &&
    steps.every((step) => step >= 0 && step < slots) &&
    diagonals.every(
      (diagonal) =>
        diagonal.input < inputs &&
        diagonal.output < outputs &&
        diagonal.entries.length === slots &&
        diagonal.entries.every((entry) => entry >= -1 && entry < entries),
    );
  if (!sound) throw refuse("its linear transform does not hold together");
}

/** Numbers between −1 and 1, the same every time. */
function numbers(): () => number {
  const random = uniform(20_261_125);
  return () => 2 * random() - 1;
}
