import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
// Worker threads load plain JavaScript, so the engine is tested as it is built.
import {
  InputError,
  PackedEngine,
  SecretContext,
  argmax,
  checkParameters,
  clientSpec,
  collect,
  explainPlan,
  imageAt,
  modelForward,
  planHead,
  planModel,
  stack,
  startAfter,
  type ClientSpec,
} from "../../../dist/he-ml/index.js";
import { smallModel } from "../layers/small-model.js";
import { maxAbsDifference, randomTensor, rejectedBy } from "../support.js";

const parameters = checkParameters({
  polyModulusDegree: 1024,
  coeffModulusBits: [50, 60, 48, 60],
  scaleBits: 20,
  weightScaleBits: 16,
  security: "teaching",
});
const plan = planModel(smallModel, { parameters });
/** All that the client knows, as it travels. */
const spec = JSON.parse(JSON.stringify(clientSpec(plan))) as ClientSpec;
const images = randomTensor([3, 1, 4, 4], 9);
const expected = modelForward(smallModel, images).at(-1)!;

let client: SecretContext;
beforeAll(async () => {
  client = await SecretContext.create(checkParameters(spec.parameters));
});

test("engines one after the other share a network, each with the keys for its own layers", async () => {
  const head = planHead(planModel(smallModel, { parameters, splitAfter: [0] }), 0);
  const rest = planModel(smallModel, { layers: [1, 2, 3, 4], start: startAfter(head) });
  let message = client.encrypt(images, clientSpec(head));
  for (const part of [head, rest]) {
    const keys = client.exportEvaluationKeys(part.rotations);
    const engine = await PackedEngine.start({ plan: part, keys, threads: 2 });
    try {
      message = (await collect(engine.forward(message))).output;
    } finally {
      await engine.close();
    }
  }
  const logits = client.decrypt(message);
  expect(maxAbsDifference(logits.data, expected.data)).toBeLessThan(0.05);
});

describe.each([1, 2, 3])("on %p thread(s)", (threads) => {
  let engine: PackedEngine;
  beforeAll(async () => {
    engine = await PackedEngine.start({ plan, keys: client.exportEvaluationKeys(spec.rotations), threads });
  });
  afterAll(() => engine.close());

  test("a client made from the specification alone classifies images right", async () => {
    const { output, traces } = await collect(engine.forward(client.encrypt(images, spec)));
    const logits = client.decrypt({ ...output, slotLayout: spec.outputSlotLayout });
    expect(logits.shape).toEqual([3, 3]);
    expect(maxAbsDifference(logits.data, expected.data)).toBeLessThan(0.05);
    for (let i = 0; i < 3; i++) {
      expect(argmax(imageAt(logits, i).data)).toBe(argmax(imageAt(expected, i).data));
    }
    expect(traces.map(({ modelLayers }) => modelLayers)).toEqual([
      [0, 1],
      [2, 3, 4],
    ]);
  });

  test("one image takes the operations that were explained", async () => {
    const image = randomTensor([1, 1, 4, 4], 2);
    const { traces } = await collect(engine.forward(client.encrypt(image, spec)));
    const { stages } = explainPlan(plan);
    expect(traces.map(({ ops }) => ops)).toEqual(stages.map(({ ops }) => ops));
    traces.forEach(({ level, scaleBits }, i) => {
      expect(level).toBe(stages[i].level);
      expect(scaleBits).toBeCloseTo(stages[i].scaleBits, 9);
    });
  });

  test("runs at the same time do not get into each other's way", async () => {
    const runs = await Promise.all(
      [0, 1, 2].map((i) => {
        const image = stack([imageAt(images, i)]);
        return collect(engine.forward(client.encrypt(image, spec)));
      }),
    );
    runs.forEach(({ output }, i) => {
      const logits = client.decrypt({ ...output, slotLayout: spec.outputSlotLayout });
      expect(maxAbsDifference(logits.data, imageAt(expected, i).data)).toBeLessThan(0.05);
    });
  });

  test("damaged input is refused, and the next run works", async () => {
    const input = client.encrypt(images, spec);
    for (const bad of [
      { ...input, ciphertexts: input.ciphertexts.slice(1) },
      { ...input, ciphertexts: input.ciphertexts.map((bytes) => bytes.slice(0, 99)) },
      { ...input, shape: [4, 4] },
      client.encrypt(images, { packing: "batch" }),
    ]) {
      expect(await rejectedBy(() => collect(engine.forward(bad)))).toBeInstanceOf(InputError);
    }
    expect((await collect(engine.forward(input))).traces).toHaveLength(2);
  });

  test("an abort stops it with the signal's reason, and the next run works", async () => {
    const input = client.encrypt(images, spec);
    const reason = new Error("enough");
    const stopped = engine.forward(input, { signal: AbortSignal.abort(reason) });
    expect(await rejectedBy(() => collect(stopped))).toBe(reason);
    expect((await collect(engine.forward(input))).traces).toHaveLength(2);
  });
});

describe("refused as an InputError before anything runs:", () => {
  test("keys without the plan's rotations", async () => {
    const error = await rejectedBy(() => PackedEngine.start({ plan, keys: client.exportEvaluationKeys() }));
    expect(error).toBeInstanceOf(InputError);
    expect((error as InputError).message).toMatch(/rotate: there is no key for step \d+ at level 3; export/);
  });

  test("keys without one rotation, which only one of two threads misses", async () => {
    for (const missing of spec.rotations) {
      const rotations = spec.rotations.filter((rotation) => rotation !== missing);
      const keys = client.exportEvaluationKeys(rotations);
      const error = await rejectedBy(() => PackedEngine.start({ plan, keys, threads: 2 }));
      expect(error).toBeInstanceOf(InputError);
      expect((error as InputError).message).toMatch(
        new RegExp(`^stage "[^"]+": rotate: there is no key for step ${missing.step} `),
      );
    }
  });

  test.each([0, -1, 1.5, NaN, 17])("%p threads", async (threads) => {
    const keys = client.exportEvaluationKeys(spec.rotations);
    const error = await rejectedBy(() => PackedEngine.start({ plan, keys, threads }));
    expect(error).toBeInstanceOf(InputError);
    expect((error as InputError).message).toMatch(/from 1 to 16/);
  });
});
