import { InputError } from "../../he-ml/errors.js";
import type { CircuitOperation } from "./circuit-schema.js";
import type { ReplayMachine } from "./machine.js";
import { originOf } from "./origin.js";

/** Two operands that do not go together, as their levels or scales differ. */
export class UnequalOperands extends InputError {}

/** Scales that differ by less are the same but for the rounding of doubles. */
const closeness = 2 ** -40;

/**
 * Why an operation refused its two operands, if it is for their levels or scales: how each came about, and what to do.
 *
 * @param at the position of the operation in `operations`
 * @param results inputs first, up to the operation
 * @returns undefined where levels and scales are not the reason
 * @example `operation 3: add: levels 2 and 3 differ: left is rescale(multiply(x, x)), right is x; modSwitch the one at 3`
 */
export function unequalOperands<C>(
  at: number,
  operations: readonly CircuitOperation[],
  machine: ReplayMachine<C>,
  results: readonly C[],
  inputs: number,
): UnequalOperands | undefined {
  const operation = operations[at];
  if (!("b" in operation) || Math.max(operation.a, operation.b) >= results.length) return undefined;
  const { op, a, b } = operation;
  const [left, right] = [a, b].map((position) => originOf(position, operations, inputs));
  const says = (what: string) => new UnequalOperands(`operation ${at + 1}: ${op}: ${what}`);

  const levels = [a, b].map((position) => machine.levelOf(results[position]));
  if (levels[0] !== levels[1]) {
    const [lower, higher] = [...levels].sort((one, other) => one - other);
    return says(
      `levels ${levels[0]} and ${levels[1]} differ: left is ${left}, right is ${right}; ` +
        `modSwitch the one at ${higher}${higher - lower > 1 ? ` down to ${lower}` : ""}`,
    );
  }
  const scales = [a, b].map((position) => machine.scaleOf(results[position]));
  if (op === "multiply" || Math.abs(scales[0] / scales[1] - 1) <= closeness) return undefined;
  const [leftScale, rightScale] = powersOfTwo(scales);
  return says(
    `scales differ at level ${levels[0]}: left is ${left}, scale ${leftScale}; right is ${right}, scale ${rightScale}; ` +
      `bring both to one scale before`,
  );
}

/** Scales as powers of two, with as many digits as tell them apart. */
function powersOfTwo(scales: readonly number[]): string[] {
  const most = 12;
  for (let digits = 1; ; digits++) {
    const texts = scales.map((scale) => `2^${Math.log2(scale).toFixed(digits)}`);
    if (texts[0] !== texts[1] || digits === most) return texts;
  }
}
