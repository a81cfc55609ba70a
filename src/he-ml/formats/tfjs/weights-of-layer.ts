import { InputError } from "../../errors.js";
import type { Tensor } from "../../tensor/tensor.js";
import { describe, type Context } from "./config.js";

/** A layer's bias, if it uses one. @throws InputError if it should be among the weights and is not */
export function requiredBias(context: Context, isUsed: boolean, size: number): Tensor | undefined {
  if (!isUsed) return undefined;
  const bias = context.weights.optional(context.name, "bias", [size]);
  if (bias) return bias;
  throw new InputError(`${describe(context)}: expected a bias among the weights, got none`);
}

/** @throws InputError if a config says another size than the weights */
export function requireSame<T>(context: Context, field: string, described: T | undefined, found: T): void {
  if (described === undefined || described === found) return;
  throw new InputError(
    `${describe(context)}: its ${field} is ${String(described)}, but its weights say ${String(found)}`,
  );
}
