import { expect } from "@jest/globals";
import fc from "fast-check";
import { keysFromBytes, keysToBytes } from "../../../src/he-ml/crypto/key-bytes.js";
import { SecretContext } from "../../../src/he-ml/crypto/secret-context.js";
import { tensorFromBytes, tensorToBytes } from "../../../src/he-ml/crypto/tensor-bytes.js";
import { InputError } from "../../../src/he-ml/errors.js";
import { lazyParameters, randomTensor, thrownBy } from "../support.js";

export const program = "ab".repeat(32);
export const key = "01".repeat(16);
export const needs = {
  rotations: [
    { step: 1, level: 2 },
    { step: 5, level: 3 },
  ],
  relinearization: true,
};
export const at = { level: 3, scale: 2 ** 20 };

export interface WrittenBytes {
  readonly client: SecretContext;
  readonly tensorBytes: Uint8Array;
  readonly keys: Uint8Array;
}

/** An encrypted tensor and evaluation keys of a new client, as they travel. */
export async function writeBytes(): Promise<WrittenBytes> {
  const client = await SecretContext.create(lazyParameters);
  const tensor = client.encrypt(randomTensor([2, 3], 1), { packing: "batch" });
  return {
    client,
    tensorBytes: tensorToBytes(tensor, at, { program, end: "input", key }),
    keys: keysToBytes(lazyParameters, {
      program,
      key,
      keys: client.exportEvaluationKeys(needs.rotations),
    }),
  };
}

/** Bytes changed anywhere in the first half kilobyte are read or refused, nothing else. */
export function checkChangedBytes({ tensorBytes, keys }: WrittenBytes, numRuns: number): void {
  const changes = fc.array(fc.tuple(fc.nat(511), fc.nat(255)), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(fc.boolean(), changes, (isTensor, list) => {
      const bytes = (isTensor ? tensorBytes : keys).slice();
      for (const [place, value] of list) bytes[place] = value;
      const error = thrownBy(() =>
        isTensor ? tensorFromBytes(bytes) : keysFromBytes(bytes, lazyParameters, program, needs),
      );
      if (error !== undefined) expect(error).toBeInstanceOf(InputError);
    }),
    { seed: 5, numRuns },
  );
}
