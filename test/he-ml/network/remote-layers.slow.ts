import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { checkParameters } from "../../../src/he-ml/crypto/parameters.js";
import { nest } from "../../../src/he-ml/network/nested-base64.js";
import { RemoteLayers } from "../../../src/he-ml/network/remote-layers.js";
import type { LayersRequest } from "../../../src/he-ml/engine/engine-types.js";
import { computeLayers } from "../../../src/he-ml/engine/worker/compute-layers.js";
import { imageAt, tensor } from "../../../src/he-ml/tensor/tensor.js";
import { InputError } from "../../../src/he-ml/errors.js";
import { modelForward } from "../../../src/he-ml/model/model.js";
import { tinyModel } from "../../cli/support.js";
import { maxAbsDifference, rejectedBy } from "../support.js";
import { fakeServer } from "./fake-server.js";
import { images, listening, logitsOf } from "./support.js";

let server: Awaited<ReturnType<typeof listening>>;
beforeAll(async () => {
  server = await listening();
  const { engine } = server;
  // Computed at once, as the small engine wants a result and not a promise of one.
  const runLayers = engine.runLayers.bind(engine);
  engine.runLayers = async (model, request, ...rest) => {
    const result = await computeLayers({ model: tinyModel, request }, rest[1]);
    engine.layersResult = () => result;
    return runLayers(model, request, ...rest);
  };
});
afterAll(() => server.stop());

const image = tensor([1, 1, 6, 6], imageAt(images, 0).data);
const plain = logitsOf(image);
const ckks = {
  poly_modulus_degree: 8192,
  coeff_modulus_bits: [50, 60, 48, 60],
  scale_bits: 20,
  weight_scale_bits: 16,
};
const bfv = { m: 4096, p: 1032193, sec: 128, base: 2 };
const ranges = () => [
  { url: `${server.url}/compute`, net: "TOY", layers: [0, 1] },
  { url: server.url, net: "tiny", layers: [2, 3, 4] },
];
const asked = (): readonly LayersRequest[] => server.engine.layers.splice(0).map(({ request }) => request);

test("two ranges in CKKS: keys go where something is multiplied, and nowhere else", async () => {
  const layers = await RemoteLayers.create([ckks]);
  expect(layers.parameters).toEqual(
    checkParameters({
      ...{ polyModulusDegree: 8192, coeffModulusBits: [50, 60, 48, 60] },
      scaleBits: 20,
      weightScaleBits: 16,
    }),
  );
  const { logits, bytes, milliseconds } = await layers.infer(ranges(), image);
  expect(maxAbsDifference(logits.data, plain.data)).toBeLessThan(0.05);
  expect(asked().map(({ keys }) => keys)).toEqual([
    { publicKey: true, relinKeys: true },
    { publicKey: false, relinKeys: false },
  ]);
  expect(bytes.evaluationKeys).toBeGreaterThan(0);
  expect(milliseconds.queue).toBe(4);
});

test("BFV in the original's words: what is to be encrypted afresh is asked for in two", async () => {
  // Of PyCrCNN's growing list of layers: before model layer 3.
  const layers = await RemoteLayers.create({ ...bfv, rencrypt_positions: [3] });
  const values = modelForward(tinyModel, image)[1];
  const { logits } = await layers.infer([{ url: server.url, net: "tiny", layers: [2, 3, 4] }], values);
  expect(maxAbsDifference(logits.data, plain.data)).toBeLessThan(1e-3);
  expect(asked().map(({ layers: range, scale }) => [range, scale])).toEqual([
    [[2], 1],
    [[3, 4], 1],
  ]);
});

test.each<[string, object, string]>([
  ["another shape", { data: ["AAAA"], shape: [1, 1] }, "expected ciphertexts of 1×2×2×2, got 1"],
  [
    "a scale beside CKKS",
    { data: nest(new Array<string>(8).fill("AAAA"), [1, 2, 2, 2]), shape: [8], scale: 2 },
    "beside no others",
  ],
  [
    "short ciphertexts",
    { data: nest(new Array<string>(8).fill("AAAA"), [1, 2, 2, 2]), shape: [8] },
    "got one of 3",
  ],
  ["no data", { shape: [] }, "its answer: data: Invalid input"],
])("a server that answers with %s is refused", async (_, answer, message) => {
  const summary = {
    net: "tiny",
    aliases: [],
    inputShape: [2, 4, 4],
    outputShape: [2, 2, 2],
    reencryptPositions: [],
  };
  const layer = { index: 0, name: "pool", kind: "averagePool", outputShape: [2, 2, 2] };
  await using lying = await fakeServer(({ url }, response) => {
    response.end(JSON.stringify(url === "/models" ? { models: [{ ...summary, layers: [layer] }] } : answer));
  });
  const layers = await RemoteLayers.create({
    ...ckks,
    poly_modulus_degree: 1024,
    insecure_for_teaching: true,
  });
  const values = modelForward(tinyModel, image)[1];
  const error = await rejectedBy(() => layers.infer([{ url: lying.url, net: "tiny" }], values));
  expect(error).toBeInstanceOf(InputError);
  expect((error as Error).message).toContain(message);
});
