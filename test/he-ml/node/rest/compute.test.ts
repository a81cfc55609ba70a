import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { SecretContext, checkBfvParameters, checkParameters, tensor } from "../../../../src/he-ml/index.js";
import type { SchemeParameters } from "../../../../src/he-ml/crypto/scheme-parameters.js";
import { nest } from "../../../../src/he-ml/network/nested-base64.js";
import { teachingParameters, waves } from "../../../cli/support.js";
import { askProgram, openSession, refusalOf, smallApp, type Opened, type SmallApp } from "./support.js";

const image = tensor([1, 1, 6, 6], waves(36, 1));
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");

interface Encrypted {
  /** As the original sends it. */
  readonly data: unknown;
  readonly ciphertexts: readonly Uint8Array[];
  readonly keys: { readonly publicKey: string; readonly relinKeys?: string };
}

async function encrypted(parameters: SchemeParameters): Promise<Encrypted> {
  const context = await SecretContext.create(parameters);
  const { ciphertexts } = context.encrypt(image, { packing: "scalar" });
  const { publicKey, relinKeys } = context.exportEvaluationKeys();
  return {
    data: nest(ciphertexts.map(base64), [1, 1, 6, 6]),
    ciphertexts,
    keys: { publicKey: base64(publicKey), ...(relinKeys && { relinKeys: base64(relinKeys) }) },
  };
}

const bfv = { m: 1024, p: 1024, sec: "teaching", base: 2 };
let ckks: Encrypted;
let ofBfv: Encrypted;
let small: SmallApp;
let opened: Opened;
beforeAll(async () => {
  small = await smallApp();
  opened = await openSession(small, await askProgram(small, { packing: "batch" }));
  ckks = await encrypted(checkParameters(teachingParameters));
  ofBfv = await encrypted(
    checkBfvParameters({ scheme: "bfv", polyModulusDegree: 1024, plainModulus: 1024, security: "teaching" }),
  );
});
afterAll(() => small.stop());

const asked = () => small.engine.layers.at(-1)!;
const post = (payload: object | string) =>
  small.app.inject({
    method: "POST",
    url: "/compute",
    headers: { "content-type": "application/json" },
    payload: JSON.stringify(payload),
  });
const ofCkks = (fields: object = {}) => ({
  ...{ encryption_parameters: [teachingParameters], net: "Toy", layers: [0], data: ckks.data },
  ...fields,
});

test("the original's request, also as a text within JSON: its ciphertexts reach the engine, and its answer comes back nested", async () => {
  const outputs = Array.from({ length: 32 }, (_, i) => Uint8Array.of(i));
  small.engine.layersResult = () => ({
    ...{ sections: outputs, about: { scale: 4 }, traces: [], evaluateMilliseconds: 7 },
  });
  const request = {
    ...{ address: "http://localhost/compute", max_threads: 4, encryption_parameters: [bfv] },
    ...{ net: "TOY", layers: [0], data: ofBfv.data },
  };
  for (const payload of [request, JSON.stringify(request)]) {
    const answer = await post(payload);
    expect(answer.json()).toEqual({
      ...{ shape: [1, 2, 4, 4], scale: 4 },
      data: nest(outputs.map(base64), [1, 2, 4, 4]),
    });
    expect(answer.headers["server-timing"]).toBe("queue;dur=2.0, evaluate;dur=7.0");
    expect(asked().input.map((bytes) => Buffer.from(bytes))).toEqual(
      ofBfv.ciphertexts.map((bytes) => Buffer.from(bytes)),
    );
    expect(asked().request).toEqual({
      ...{ layers: [0], images: 1, shape: [1, 6, 6], scale: 1 },
      parameters: {
        ...{ scheme: "bfv", polyModulusDegree: 1024, plainModulus: 1024, security: "teaching" },
        ...{ encoding: "fractional", base: 2 },
      },
      keys: { publicKey: false, relinKeys: false },
    });
  }
  // Nothing of it is kept.
  expect(small.engine.jobs.size).toBe(0);
});

test("keys come along, or are a session's", async () => {
  const layers = [0, 1];
  await post(ofCkks({ layers, keys: ckks.keys }));
  expect(asked().request).toMatchObject({ layers, keys: { publicKey: true, relinKeys: true } });
  expect(asked().input.slice(36).map(base64)).toEqual([ckks.keys.publicKey, ckks.keys.relinKeys]);
  const { session, client } = opened;
  const before = small.engine.layers.length;
  await post(ofCkks({ layers, session, data: base64(client.encrypt(image)) }));
  expect(asked().request).toMatchObject({ session, images: 1, keys: { publicKey: false, relinKeys: false } });
  expect(small.engine.layers).toHaveLength(before + 1);
  expect(asked().input).toHaveLength(36);
});

test("how far a layer's refusal and its failure are told apart", async () => {
  small.engine.layersResult = () => {
    throw new Error("its process died");
  };
  expect(refusalOf(await post(ofCkks()))).toMatchObject({ status: 422, message: "its process died" });
});

test.each([
  [{ sort: 1 }, /^body: Unrecognized key: "sort"/],
  [{ net: "none" }, /expected one of tiny, got "none"/],
  [{ layers: [0, 2] }, /^layers: expected a contiguous range within 0–4, such as \[0, 1, 2\], got \[0, 2\]/],
  [{ layers: [0, 1] }, /^layers 1: square "square1" needs relinearization keys; send session or keys/],
  [{ encryption_parameters: [bfv, bfv] }, /expected one set of parameters: send a request for each/],
  [{ encryption_parameters: [{ ...bfv, q: 1 }] }, /^encryption_parameters\[0\]: unknown key "q"/],
  [{ encryption_parameters: [{ ...bfv, rencrypt_positions: [1] }] }, /no re-encryptions within a request/],
  [{ encryption_parameters: [{ ...teachingParameters, security: 128 }] }, /below 128 bits|below 128/],
  [{ encryption_parameters: [{ ...teachingParameters, packing: "packed" }] }, /one value a ciphertext/],
  [{ scale: 2 }, /^scale: expected none beside CKKS/],
  [{ session: "0".repeat(32) }, /^session 00000000… is not known/],
  [{ session: "0".repeat(32), keys: { publicKey: "" } }, /^session: expected it or keys, got both/],
  [{ keys: { publicKey: "AAAA" } }, /^keys\.publicKey: expected \d+ bytes under these parameters, got 3/],
  [{ data: "AAAA" }, /needs its session/],
  [{ data: [[["AAAA"]]] }, /^data: expected images of 1×6×6, as the first layer takes them, got 1×1/],
  [{ data: Array(9).fill([]) }, /none of them empty/],
  [{ data: [[[["AAAA"], []]]] }, /^data\[0\]\[0\]\[1\]: expected a list of 1, as the first one is/],
  [{ data: [[[[5]]]] }, /^data\[0\]\[0\]\[0\]\[0\]: expected a text of base64/],
  [
    { data: nest(Array<string>(36).fill("AAAA"), [1, 1, 6, 6]) },
    /^data: expected ciphertexts of \d+ or .* bytes under these parameters, got one of 3/,
  ],
])("refused: %j", async (fields, message) => {
  const before = small.engine.layers.length;
  const answer = refusalOf(await post(ofCkks(fields)));
  expect(answer.status === 404 || answer.status === 400).toBe(true);
  expect(answer.message).toMatch(message);
  expect(small.engine.layers).toHaveLength(before);
});

test("what is almost base64, of almost one length, or under other parameters than the session's is refused", async () => {
  const texts = ckks.ciphertexts.map(base64);
  const withLast = (text: string) => nest([...texts.slice(1), text], [1, 1, 6, 6]);
  const reason = async (fields: object) => refusalOf(await post(ofCkks(fields))).message;
  expect(await reason({ data: withLast(`-${texts[0].slice(1)}`) })).toMatch(
    /^data: ciphertext 35: expected base64/,
  );
  expect(await reason({ data: withLast(texts[0].slice(4)) })).toMatch(/as the first one has, got \d+ at 35/);
  const { session } = opened;
  const others = [{ ...teachingParameters, scaleBits: 21 }];
  expect(await reason({ session, encryption_parameters: others })).toMatch(
    /^session: its keys were made under other/,
  );
});
