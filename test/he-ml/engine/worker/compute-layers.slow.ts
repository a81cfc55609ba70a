import { expect, test } from "@jest/globals";
import { checkBfvParameters } from "../../../../src/he-ml/crypto/bfv/parameters.js";
import { checkParameters } from "../../../../src/he-ml/crypto/parameters.js";
import type { SchemeParameters } from "../../../../src/he-ml/crypto/scheme-parameters.js";
import { SecretContext } from "../../../../src/he-ml/crypto/secret-context.js";
import { InputError } from "../../../../src/he-ml/errors.js";
import { paddingLayer } from "../../../../src/he-ml/model/padding.js";
import { linearLayer } from "../../../../src/he-ml/model/linear.js";
import { defineModel, modelForward, type Model } from "../../../../src/he-ml/model/model.js";
import { valueRanges } from "../../../../src/he-ml/model/value-range.js";
import type { LayersRequest } from "../../../../src/he-ml/engine/engine-types.js";
import { computeLayers } from "../../../../src/he-ml/engine/worker/compute-layers.js";
import { sizeOf, tensor, type Tensor } from "../../../../src/he-ml/tensor/tensor.js";
import { tinyModel, waves } from "../../../cli/support.js";
import { maxAbsDifference, rejectedBy } from "../../support.js";

const image = tensor([1, 1, 6, 6], waves(36, 1));
const plain = modelForward(tinyModel, image);
const model = { ...tinyModel, valueRanges: valueRanges(tinyModel, image, plain) };
const ckks = checkParameters({
  polyModulusDegree: 8192,
  coeffModulusBits: [50, 60, 48, 60],
  scaleBits: 20,
  weightScaleBits: 16,
});
const client = await SecretContext.create(ckks);
const { publicKey, relinKeys } = client.exportEvaluationKeys();
const noKeys = { publicKey: false, relinKeys: false };

const requestFor = (layers: number[], values: Tensor, parameters: SchemeParameters): LayersRequest => ({
  layers,
  parameters: { ...parameters, slots: undefined, levels: undefined, coeffModulus: undefined },
  images: 1,
  shape: values.shape.slice(1),
  keys: noKeys,
});
const encrypted = (values: Tensor) => client.encrypt(values, { packing: "scalar" }).ciphertexts;
const encryptedImage = encrypted(image);
const decrypted = (
  of: SecretContext<SchemeParameters>,
  { sections, about }: Awaited<ReturnType<typeof computeLayers>>,
) => {
  const { shape, scale } = about as { shape: number[]; scale?: number };
  return of.decrypt({ packing: "scalar", images: 1, shape, scale, ciphertexts: sections });
};

test("two ranges of layers, the second without keys, on ciphertexts as the first left them", async () => {
  const keys = { publicKey: true, relinKeys: true };
  const first = { ...requestFor([0, 1], image, ckks), keys };
  const squared = await computeLayers({ model, request: first }, [...encryptedImage, publicKey, relinKeys]);
  expect(squared.about).toEqual({ shape: [2, 4, 4] });
  expect(squared.traces.map(({ name, modelLayers }) => [name, modelLayers])).toEqual([
    ["conv1", [0]],
    ["square1", [1]],
  ]);
  const rest = requestFor([2, 3, 4], plain[1], ckks);
  const logits = await computeLayers({ model, request: rest }, squared.sections);
  expect(logits.traces[0].before.level).toBe(2);
  expect(maxAbsDifference(decrypted(client, logits).data, plain[4].data)).toBeLessThan(0.05);
  expect(squared.evaluateMilliseconds).toBeGreaterThan(0);
});

test("keys of a session stand in for those behind the ciphertexts", async () => {
  const request = {
    ...requestFor([1], plain[0], ckks),
    session: "0".repeat(32),
    keys: { publicKey: true, relinKeys: true },
  };
  const squared = await computeLayers({ model, request }, encrypted(plain[0]), { publicKey, relinKeys });
  expect(maxAbsDifference(decrypted(client, squared).data, plain[1].data)).toBeLessThan(0.05);
});

const bfv = checkBfvParameters({ scheme: "bfv", polyModulusDegree: 4096, plainModulus: 1032193, base: 2 });

test("BFV, whose scale stands beside the ciphertexts", async () => {
  const owner = await SecretContext.create(bfv);
  const { ciphertexts, scale } = owner.encrypt(plain[1], { packing: "scalar" });
  const request = { ...requestFor([2, 3, 4], plain[1], bfv), scale };
  const logits = await computeLayers({ model, request }, ciphertexts);
  expect(logits.about).toEqual({ shape: [3], scale: 4 });
  expect(maxAbsDifference(decrypted(owner, logits).data, plain[4].data)).toBeLessThan(1e-3);
});

const pads = (layer: Model["layers"][number], inputShape: number[]): Model =>
  defineModel({ name: "pads", inputShape, layers: [layer] });
const padded = pads(paddingLayer({ name: "pad", padding: 1 }), [1, 1, 1]);
const pruned = pads(linearLayer({ name: "pruned", weights: tensor([2, 1], [1, 1e-12]) }), [1]);

test("zeros are encrypted under the public key alone", async () => {
  const one = tensor([1, 1, 1, 1], [0.5]);
  const request = { ...requestFor([0], one, ckks), keys: { publicKey: true, relinKeys: false } };
  const around = await computeLayers({ model: padded, request }, [...encrypted(one), publicKey]);
  expect(decrypted(client, around).data[4]).toBeCloseTo(0.5, 2);
});

const refusal = async (
  of: Model,
  request: LayersRequest,
  sections: readonly Uint8Array[],
): Promise<string> => {
  const error = await rejectedBy(() => computeLayers({ model: of, request }, sections));
  expect(error).toBeInstanceOf(InputError);
  return (error as Error).message;
};

test.each<[string, Partial<LayersRequest>, Model, string]>([
  [
    "a square without keys",
    { layers: [0, 1] },
    model,
    'square "square1" multiplies ciphertexts, which takes relinearization keys',
  ],
  [
    "padding without a public key",
    { layers: [0], shape: [1, 1, 1] },
    padded,
    'padding "pad" encrypts zeros, which takes the public key',
  ],
  [
    "weights that round to zero",
    { layers: [0], shape: [1] },
    pruned,
    'linear "pruned" encrypts zeros, which takes the public key',
  ],
  [
    "the same in BFV",
    { layers: [0], shape: [1], parameters: { ...bfv, coeffModulus: undefined } },
    pruned,
    'linear "pruned" encrypts zeros',
  ],
  ["another shape", { layers: [1] }, model, 'square "square1" takes images of 2×4×4, got 1×6×6'],
  ["a gap", { layers: [0, 2] }, model, "expected a contiguous range within 0–4"],
  [
    "no security",
    { parameters: { ...ckks, coeffModulus: undefined, security: "teaching" } },
    model,
    'got "teaching"',
  ],
  ["a ciphertext too few", { images: 2 }, model, "take 72 ciphertexts, and 0 key(s) were announced, got 36"],
  [
    "a key that did not come",
    { keys: { publicKey: true, relinKeys: false } },
    model,
    "1 key(s) were announced, got 36",
  ],
  [
    "relinearization keys alone",
    { layers: [1], shape: [2, 4, 4], keys: { publicKey: false, relinKeys: true } },
    model,
    "expected the public key before the relinearization keys",
  ],
])("refused by name: %s", async (_, change, of, message) => {
  const request = { ...requestFor([0], image, ckks), ...change };
  const sections = encryptedImage.slice(0, sizeOf(request.shape) + Number(request.keys.relinKeys));
  expect(await refusal(of, request, sections)).toContain(message);
});

test("refused by name: values that the chain or the plain modulus does not carry", async () => {
  const short = checkParameters({
    polyModulusDegree: 4096,
    coeffModulusBits: [36, 36, 36],
    scaleBits: 20,
    weightScaleBits: 16,
  });
  const other = await SecretContext.create(short);
  const { ciphertexts } = other.encrypt(image, { packing: "scalar" });
  const wide = { ...model, valueRanges: model.valueRanges.map((range) => ({ ...range, max: 2 ** 40 })) };
  const request = requestFor([0], image, short);
  expect(await refusal(wide, request, ciphertexts)).toContain("outgrow the");
  const small = checkBfvParameters({ scheme: "bfv", polyModulusDegree: 4096, plainModulus: 257 });
  const owner = await SecretContext.create(small);
  const digits = owner.encrypt(image, { packing: "scalar" });
  const inBfv = { ...requestFor([0], image, small), scale: digits.scale };
  expect(await refusal(model, inBfv, digits.ciphertexts)).toContain("plainModulus 257 holds up to 128");
});
