import { shortDigest } from "../crypto/key-bytes.js";
import type { TensorMessage } from "../crypto/tensor-bytes.js";
import { InputError } from "../errors.js";
import type { TensorSpec } from "../program/client-spec.js";
import { formatShape } from "../tensor/tensor.js";

/**
 * Holds an encrypted tensor against what it must be.
 *
 * @param operation how messages call what is done with it
 * @param key of the client whose it must be
 * @throws InputError naming what differs: the program, its end, the client's key, packing, shape, level or scale
 */
export function requireMessage(
  operation: string,
  message: TensorMessage,
  expected: TensorSpec,
  key: string,
): void {
  const refuse = (what: string, wanted: string, got: string, advice: string) =>
    new InputError(`${operation}: expected ${what} ${wanted}, got ${got}; ${advice}`);
  const whose = (spec: Pick<TensorSpec, "program" | "end">) =>
    `the ${spec.end} of program ${shortDigest(spec.program)}…`;
  if (message.program !== expected.program || message.end !== expected.end) {
    throw refuse(
      "an encrypted tensor that is",
      whose(expected),
      whose(message),
      "use the client specification of the same program on both sides, and the ranges of a network in order",
    );
  }
  if (message.key !== key) {
    throw refuse(
      "an encrypted tensor under key",
      shortDigest(key),
      `one under key ${shortDigest(message.key)}`,
      "it is another client's: use the session and the client that belong together",
    );
  }
  const layout = ({ packing, shape }: Pick<TensorSpec, "packing" | "shape">) =>
    `${formatShape(shape)} in packing ${packing}`;
  if (layout(message) !== layout(expected)) {
    throw refuse(
      "images of",
      layout(expected),
      layout(message),
      "encrypt by the program's client specification",
    );
  }
  const state = ({ level, scale }: Pick<TensorSpec, "level" | "scale">) =>
    `level ${level} and scale ${scale}`;
  if (state(message) !== state(expected)) {
    throw refuse(
      "ciphertexts at",
      state(expected),
      state(message),
      "encrypt by the program's client specification",
    );
  }
}
