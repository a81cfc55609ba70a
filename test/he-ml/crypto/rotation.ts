import { expect } from "@jest/globals";
import { PublicContext, type EvaluationKeys } from "../../../src/he-ml/crypto/public-context.js";
import type { RotationKey, RotationNeed } from "../../../src/he-ml/crypto/rotation-keys.js";
import { SecretContext } from "../../../src/he-ml/crypto/secret-context.js";
import { InputError } from "../../../src/he-ml/errors.js";
import { lazyParameters, randomTensor, rejectedBy, type SealSide } from "../support.js";

export const parameters = lazyParameters;
const { slots } = parameters;
/**
 * 22 standard deviations of a key switch's noise in slot 0, where it is largest (`NoiseModel.keySwitch`: 0.0225 at 2^20 and
 * N = 1024); the largest difference to values that moved elsewhere is nearly 2.
 */
export const tolerance = 0.5;
export const needs: readonly RotationNeed[] = [
  { step: 1, level: 3 },
  { step: 7, level: 2 },
  { step: 64, level: 1 },
  { step: slots - 1, level: 3 },
  { step: "conjugate", level: 3 },
];
export const { data: values } = randomTensor([slots], 1);

export const client = await SecretContext.create(parameters);
export const keys = client.exportEvaluationKeys(needs);
export const seal = await open(keys);

async function open(using: EvaluationKeys): Promise<SealSide> {
  const server = await PublicContext.load(parameters, using);
  return {
    client,
    server,
    evaluator: server.evaluator,
    encrypt: (batch, packing) => server.load(client.encrypt(batch, { packing })),
    decrypt: (encrypted) => client.decrypt(server.save(encrypted)),
    slots: (ciphertext) =>
      client.decrypt({
        shape: [1],
        packing: "batch",
        images: slots,
        ciphertexts: [server.evaluator.save(ciphertext)],
      }).data,
  };
}

export function expectInputError(error: unknown, message: RegExp): void {
  expect(error).toBeInstanceOf(InputError);
  expect((error as InputError).message).toMatch(message);
  expect((error as InputError).message).not.toContain("\n");
}

/** What a server says to these rotation keys. */
export const load = (rotationKeys: unknown) =>
  rejectedBy(() => PublicContext.load(parameters, { ...keys, rotationKeys: rotationKeys as RotationKey[] }));

/** Keys that say or hold something else than they should are refused by name. */
export async function expectRefused(changes: readonly object[]): Promise<void> {
  const [key] = keys.rotationKeys!;
  for (const change of changes) {
    expectInputError(await load([{ ...key, ...change }]), /^rotation|^load: |rotation key/);
  }
}
