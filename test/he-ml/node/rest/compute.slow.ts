import { afterAll, beforeAll, expect, test } from "@jest/globals";
import {
  SecretContext,
  checkBfvParameters,
  checkParameters,
  modelForward,
  type Tensor,
} from "../../../../src/he-ml/index.js";
import type { SchemeParameters } from "../../../../src/he-ml/crypto/scheme-parameters.js";
import { computeAnswerSchema } from "../../../../src/he-ml/network/compute-message.js";
import { fromBase64, nest, unnest } from "../../../../src/he-ml/network/nested-base64.js";
import { maxAbsDifference } from "../../support.js";
import { guest, image, programOf, secureParameters, served, toyModel, type Served } from "./served.js";

// The original's request, computed by a server of its own.

let server: Served;
beforeAll(async () => void (server = await served()));
afterAll(() => server.stop());

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
const plain = modelForward(toyModel, image);

async function compute(fields: object) {
  const request = { net: "TOY", address: `${server.url}/compute`, ...fields };
  const answer = await fetch(`${server.url}/compute`, {
    ...{ method: "POST", headers: { "content-type": "application/json" } },
    // As Python's `requests.post(json=jsonpickle.encode(…))` sends it.
    body: JSON.stringify(JSON.stringify(request)),
  });
  if (!answer.ok) throw new Error(await answer.text());
  return computeAnswerSchema.parse(await answer.json());
}

type Answer = Awaited<ReturnType<typeof compute>>;

function decrypted(context: SecretContext<SchemeParameters>, { data, shape, scale }: Answer): Tensor {
  const { texts } = unnest("data", data);
  const ciphertexts = texts.map((text) => fromBase64("data", text));
  return context.decrypt({ packing: "scalar", images: shape[0], shape: shape.slice(1), ciphertexts, scale });
}

test("CKKS: a model in two ranges, the second on what the first gave, with keys of its own", async () => {
  const context = await SecretContext.create(checkParameters(secureParameters));
  const { publicKey, relinKeys } = context.exportEvaluationKeys();
  const keys = { publicKey: base64(publicKey), relinKeys: base64(relinKeys!) };
  const { ciphertexts } = context.encrypt(image, { packing: "scalar" });
  const given = { encryption_parameters: [secureParameters], keys };
  const first = await compute({ ...given, layers: [0, 1], data: nest(ciphertexts.map(base64), [1, 4]) });
  expect(first.shape).toEqual([1, 3]);
  expect(maxAbsDifference(decrypted(context, first).data, plain[1].data)).toBeLessThan(0.05);
  const second = await compute({ ...given, layers: [2], data: first.data });
  expect(second.shape).toEqual([1, 2]);
  expect(maxAbsDifference(decrypted(context, second).data, plain[2].data)).toBeLessThan(0.05);
});

test("CKKS: a session's keys, and one of its tensors", async () => {
  const { client, session } = await guest(server.url, await programOf(server.url));
  const data = base64(client.encrypt(image));
  const answer = await compute({ encryption_parameters: [secureParameters], session, data });
  expect(answer.shape).toEqual([1, 2]);
});

test("BFV in the original's words: a layer, exactly", async () => {
  const words = { m: 4096, p: 1_032_193, sec: 128, base: 2 };
  const context = await SecretContext.create(
    checkBfvParameters({ scheme: "bfv", polyModulusDegree: 4096, plainModulus: 1_032_193 }),
  );
  const { ciphertexts } = context.encrypt(image, { packing: "scalar" });
  const answer = await compute({
    ...{ encryption_parameters: [words], layers: [0], data: nest(ciphertexts.map(base64), [1, 4]) },
  });
  expect(answer).toMatchObject({ shape: [1, 3], scale: 1 });
  expect(maxAbsDifference(decrypted(context, answer).data, plain[0].data)).toBeLessThan(1e-3);
});
