import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
// Worker threads load plain JavaScript, so the engine is tested as it is built.
import {
  Engine,
  InputError,
  SecretContext,
  checkParameters,
  collect,
  modelForward,
  tensor,
} from "../../../dist/he-ml/index.js";
import { tinyModel, waves } from "../../cli/support.js";

const parameters = checkParameters({
  polyModulusDegree: 2048,
  coeffModulusBits: [50, 60, 48, 60],
  scaleBits: 20,
  weightScaleBits: 16,
  security: "teaching",
});
const images = tensor([3, 1, 6, 6], waves(108, 1));
const plain = modelForward(tinyModel, images);

let client: SecretContext;
let engine: Engine;

beforeAll(async () => {
  client = await SecretContext.create(parameters);
  engine = await Engine.start({
    parameters,
    keys: client.exportEvaluationKeys(),
    model: tinyModel,
    threads: 2,
  });
});
afterAll(() => engine.close());

describe("the engine", () => {
  test.each(["scalar", "batch"] as const)(
    "packing %s: the plain result, and a trace a layer",
    async (packing) => {
      const progress: string[] = [];
      const { traces, output } = await collect(
        engine.forward(client.encrypt(images, { packing }), {
          twin: { input: images, decrypt: (encrypted) => client.decrypt(encrypted) },
          onProgress: ({ layer, done, total }) => progress.push(`${layer} ${done === total}`),
        }),
      );
      const logits = client.decrypt(output);
      expect(logits.shape).toEqual([3, 3]);
      logits.data.forEach((value, i) => expect(value).toBeCloseTo(plain.at(-1)!.data[i], 1));
      expect(traces.map(({ name }) => name)).toEqual(["conv1", "square1", "pool1", "flatten", "fc1"]);
      const products = packing === "scalar" ? 3 : 1;
      expect(traces[0].ops).toMatchObject({ multiplyPlain: 288 * products, add: 288 * products, square: 0 });
      expect(traces[1].ops).toMatchObject({
        square: 32 * products,
        relinearize: 32 * products,
        rescale: 32 * products,
      });
      expect(traces[1]).toMatchObject({ level: 2, before: { level: 3 }, security: "teaching" });
      expect(traces.every(({ error }) => error!.maxAbs < 0.02)).toBe(true);
      expect(progress).toEqual(expect.arrayContaining(traces.map(({ name }) => `${name} true`)));
    },
  );

  test("a range of layers, fed with what the client encrypts, keeps its positions in the model", async () => {
    const { traces, output } = await collect(
      engine.forward(client.encrypt(plain[0], { packing: "batch" }), { layers: [1, 2, 3] }),
    );
    expect(traces.map(({ name, modelLayers }) => [name, modelLayers])).toEqual([
      ["square1", [1]],
      ["pool1", [2]],
      ["flatten", [3]],
    ]);
    client.decrypt(output).data.forEach((value, i) => expect(value).toBeCloseTo(plain[3].data[i], 1));
  });

  test("an abort stops it with the signal's reason, and the next run works", async () => {
    const reason = new Error("enough");
    const abort = new AbortController();
    const steps = engine.forward(client.encrypt(images, { packing: "scalar" }), {
      signal: abort.signal,
      onProgress: () => abort.abort(reason),
    });
    await expect(collect(steps)).rejects.toBe(reason);
    const { output } = await collect(engine.forward(client.encrypt(images, { packing: "batch" })));
    expect(client.decrypt(output).shape).toEqual([3, 3]);
  });

  test("damaged input is refused as an InputError, and the next run works", async () => {
    const input = client.encrypt(images, { packing: "batch" });
    const ciphertexts = [...input.ciphertexts];
    ciphertexts[5] = ciphertexts[5].slice(0, 100);
    await expect(collect(engine.forward({ ...input, ciphertexts }))).rejects.toThrow(InputError);
    await expect(collect(engine.forward({ ...input, ciphertexts: [] }))).rejects.toThrow(
      /36 ciphertexts, got 0/,
    );
    expect((await collect(engine.forward(input))).traces).toHaveLength(5);
  });

  test("a chain that is too short is refused before any worker starts", async () => {
    const short = checkParameters({
      polyModulusDegree: 2048,
      coeffModulusBits: [40, 40],
      scaleBits: 30,
      security: "teaching",
    });
    const keys = { publicKey: new Uint8Array(), relinKeys: new Uint8Array() };
    await expect(Engine.start({ parameters: short, keys, model: tinyModel })).rejects.toThrow(/too short/);
  });

  test("keys that are damaged or of other parameters are refused as an InputError, and no worker stays", async () => {
    const keys = client.exportEvaluationKeys();
    const others = await SecretContext.create(
      checkParameters({
        polyModulusDegree: 1024,
        coeffModulusBits: [27, 27],
        scaleBits: 10,
        security: "teaching",
      }),
    );
    for (const bad of [
      { ...keys, relinKeys: keys.relinKeys.slice(0, 200) },
      { ...keys, publicKey: new Uint8Array() },
      others.exportEvaluationKeys(),
    ]) {
      await expect(Engine.start({ parameters, keys: bad, model: tinyModel, threads: 2 })).rejects.toThrow(
        InputError,
      );
    }
  });

  test.each([0, -1, 1.5, NaN, 1e6])("%p threads are refused", async (threads) => {
    const keys = client.exportEvaluationKeys();
    await expect(Engine.start({ parameters, keys, model: tinyModel, threads })).rejects.toThrow(
      /from 1 to 256/,
    );
  });

  test("a closed engine says so", async () => {
    const other = await Engine.start({
      parameters,
      keys: client.exportEvaluationKeys(),
      model: tinyModel,
      threads: 1,
    });
    await other.close();
    await expect(collect(other.forward(client.encrypt(images, { packing: "batch" })))).rejects.toThrow(
      /closed/,
    );
  });

  test("two runs at once do not disturb each other", async () => {
    const inputs = [
      images,
      tensor(
        images.shape,
        images.data.map((value) => -value),
      ),
    ];
    const outputs = await Promise.all(
      inputs.map((input) => collect(engine.forward(client.encrypt(input, { packing: "batch" })))),
    );
    outputs.forEach(({ output }, i) => {
      const expected = modelForward(tinyModel, inputs[i]).at(-1)!;
      client.decrypt(output).data.forEach((value, j) => expect(value).toBeCloseTo(expected.data[j], 1));
    });
  });
});
