import { checkBfvParameters, type BfvParameters } from "../../../../src/he-ml/crypto/bfv/parameters.js";
import type { EncryptedTensor } from "../../../../src/he-ml/crypto/encrypted-tensor.js";
import type { SchemeEvaluator } from "../../../../src/he-ml/crypto/scheme-evaluator.js";
import type { Packing } from "../../../../src/he-ml/crypto/packing.js";
import { PublicContext } from "../../../../src/he-ml/crypto/public-context.js";
import { SecretContext } from "../../../../src/he-ml/crypto/secret-context.js";
import type { Reencryptor } from "../../../../src/he-ml/layers/functional/reencryption.js";
import type { Tensor } from "../../../../src/he-ml/tensor/tensor.js";

/** One value a ciphertext, small and quick: 72 bits of data primes at a degree that promises no security. */
export const fractional = checkBfvParameters({
  scheme: "bfv",
  polyModulusDegree: 1024,
  plainModulus: 2 ** 20 + 7,
  coeffModulusBits: [36, 36, 37],
  security: "teaching",
});

/** 1024 integers in slots, on as many bits. */
export const integers = checkBfvParameters({
  scheme: "bfv",
  polyModulusDegree: 1024,
  plainModulus: 1032193,
  coeffModulusBits: [50, 50, 50, 51],
  security: "teaching",
  encoding: "integers",
  scaleBits: 4,
});

/** PyCrCNN's own: no room for key switching. */
export const withoutKeySwitching = checkBfvParameters({
  scheme: "bfv",
  polyModulusDegree: 2048,
  plainModulus: 13513511,
});

/** Client and server in one. */
export interface BfvSide {
  readonly client: SecretContext<BfvParameters>;
  readonly server: PublicContext<BfvParameters>;
  readonly he: SchemeEvaluator;
  readonly reencryptor: Reencryptor;
  encrypt(batch: Tensor, packing?: Packing): EncryptedTensor;
  decrypt(encrypted: EncryptedTensor): Tensor;
  budget(encrypted: EncryptedTensor): number;
}

export async function openBfv(parameters: BfvParameters): Promise<BfvSide> {
  const client = await SecretContext.create(parameters);
  const server = await PublicContext.load(parameters, client.exportEvaluationKeys());
  const usual = parameters.encoding === "integers" ? "batch" : "scalar";
  const side = {
    client,
    server,
    he: server.evaluator,
    encrypt: (batch: Tensor, packing: Packing = usual) => server.load(client.encrypt(batch, { packing })),
    decrypt: (encrypted: EncryptedTensor) => client.decrypt(server.save(encrypted)),
    budget: (encrypted: EncryptedTensor) => client.noiseBudget(server.save(encrypted)),
  };
  const reencrypt = async (input: EncryptedTensor) => side.encrypt(side.decrypt(input), input.packing);
  return { ...side, reencryptor: { reencrypt } };
}
