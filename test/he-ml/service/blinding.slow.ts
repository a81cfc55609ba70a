import { expect, test } from "@jest/globals";
import { secretKeyFromBytes } from "../../../src/he-ml/crypto/key-bytes.js";
import { SecretContext } from "../../../src/he-ml/crypto/secret-context.js";
import { tensorFromBytes } from "../../../src/he-ml/crypto/tensor-bytes.js";
import { blindingBits, largestSlot } from "../../../src/he-ml/program/blinding-bits.js";
import { compile } from "../../../src/he-ml/program/compile.js";
import { explain } from "../../../src/he-ml/program/explain.js";
import { Client } from "../../../src/he-ml/service/client.js";
import { Server } from "../../../src/he-ml/service/server.js";
import { maxAbs } from "../../../src/he-ml/tensor/tensor.js";
import { smallModel } from "../layers/small-model.js";
import { maxAbsDifference, randomTensor } from "../support.js";

test("what a packed answer carries beside its values is blinded, and its values are what they were", async () => {
  const images = randomTensor([1, 1, 4, 4], 5);
  const program = await compile(smallModel, { samples: images });
  const { parameters, plan } = program;
  const client = await Client.create(program.clientSpec);
  const { secretKey } = secretKeyFromBytes(client.exportSecretKey());
  const secret = await SecretContext.fromSecretKey(parameters, secretKey);
  const everySlot = [Int32Array.from({ length: parameters.slots }, (_, slot) => slot)];
  const read = new Set(
    program.clientSpec.outputSlotLayout!.flatMap((held) =>
      Array.from(held, (value, slot) => (value < 0 ? -1 : slot)),
    ),
  );

  /** The answer's values, and all else that its slots hold. */
  async function answer(blindAnswers?: boolean) {
    await using server = await Server.start(program, { blindAnswers });
    const session = await server.connect(client.evaluationKeys);
    const { response } = await session.run(client.encrypt(images));
    const { ciphertexts } = tensorFromBytes(response);
    const shape = [parameters.slots];
    const all = secret.decrypt({ packing: "packed", images: 1, ciphertexts, shape, slotLayout: everySlot });
    return { values: client.decrypt(response), rest: all.data.filter((_, slot) => !read.has(slot)) };
  }

  const bits = blindingBits(plan!);
  expect(bits).toBeGreaterThanOrEqual(4);
  expect(explain(program).blindingBits).toBe(bits);
  const [blinded, again, open] = [await answer(), await answer(), await answer(false)];
  const largest = maxAbs(open.values.data);
  for (const { values } of [blinded, again]) {
    expect(maxAbsDifference(values.data, open.values.data)).toBeLessThan(0.1 * largest);
  }
  const noise = blinded.rest.map((value, i) => value - open.rest[i]);
  const bound = 2 ** bits * largestSlot(plan!);
  expect(maxAbs(noise)).toBeLessThan(1.01 * bound);
  expect(maxAbs(noise)).toBeGreaterThan(0.9 * bound);
  // Uniform: a mean square of bound² / 3, of thousands of slots.
  const meanSquare = noise.reduce((sum, value) => sum + value * value, 0) / noise.length;
  expect(meanSquare / bound ** 2).toBeGreaterThan(0.28);
  expect(meanSquare / bound ** 2).toBeLessThan(0.39);
  expect(maxAbsDifference(blinded.rest, again.rest)).toBeGreaterThan(bound);
  expect(maxAbs(open.rest)).toBeLessThan(bound / 4);
});

test("the answer of a program that ends before its model does is left as it is, for another to go on with", async () => {
  const head = await compile(smallModel, { layers: [0, 1] });
  expect(explain(head).blindingBits).toBeUndefined();
  expect(explain(await compile(smallModel, { packing: "batch" })).blindingBits).toBeUndefined();
});
