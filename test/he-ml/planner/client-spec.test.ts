import { beforeAll, describe, expect, test } from "@jest/globals";
import { checkParameters } from "../../../src/he-ml/crypto/parameters.js";
import { SecretContext } from "../../../src/he-ml/crypto/secret-context.js";
import { PackedEngine } from "../../../src/he-ml/engine/packed-engine.js";
import { InputError } from "../../../src/he-ml/errors.js";
import { collect } from "../../../src/he-ml/layers/forward.js";
import { modelForward } from "../../../src/he-ml/model/model.js";
import { clientSpec, type ClientSpec } from "../../../src/he-ml/planner/client-spec.js";
import { planModel } from "../../../src/he-ml/planner/plan.js";
import { argmax, imageAt } from "../../../src/he-ml/tensor/tensor.js";
import { smallModel } from "../layers/small-model.js";
import { lazyParameters, maxAbsDifference, randomTensor, rejectedBy } from "../support.js";

const plan = planModel(smallModel, { parameters: lazyParameters });
const json = JSON.stringify(clientSpec(plan));
const spec = JSON.parse(json) as ClientSpec;
const images = randomTensor([3, 1, 4, 4], 9);
const expected = modelForward(smallModel, images).at(-1)!;

test("a specification is the same after a trip through JSON", () => {
  expect(spec).toEqual(clientSpec(plan));
  expect(Object.keys(spec).sort()).toEqual([
    ...["inputShape", "layers", "outputShape", "outputSlotLayout", "packing", "parameters"],
    ...["relinearization", "rotations", "scaleBits", "slotLayout"],
  ]);
  expect(spec).toMatchObject({
    packing: "packed",
    layers: [0, 1, 2, 3, 4],
    inputShape: [1, 4, 4],
    outputShape: [3],
  });
  expect(spec).toMatchObject({ scaleBits: 20, relinearization: true });
  expect(
    spec
      .outputSlotLayout!.flatMap((held) => Array.from(held))
      .filter((value) => value >= 0)
      .sort(),
  ).toEqual([0, 1, 2]);
});

test("nothing in it is a weight, and it holds whole numbers alone", () => {
  const weights = smallModel.layers.flatMap((layer) =>
    "weights" in layer ? [...layer.weights.data, ...(layer.bias?.data ?? [])] : [],
  );
  expect(weights.length).toBeGreaterThan(20);
  for (const weight of weights) expect(json).not.toContain(Math.abs(weight).toFixed(4));
  expect(json).not.toMatch(/\d\.\d/);
});

test("of a plan without squares it asks for no relinearization", () => {
  const linear = clientSpec(planModel(smallModel, { parameters: lazyParameters, layers: [2, 3, 4] }));
  expect(linear).toMatchObject({ layers: [2, 3, 4], inputShape: [2, 2, 2], relinearization: false });
});

describe("a client made from it alone", () => {
  let client: SecretContext;
  let engine: PackedEngine;
  beforeAll(async () => {
    client = await SecretContext.create(checkParameters(spec.parameters));
    engine = await PackedEngine.start({ plan, keys: client.exportEvaluationKeys(spec.rotations) });
  });

  test("classifies images right", async () => {
    const { output, traces } = await collect(engine.forward(client.encrypt(images, spec)));
    const logits = client.decrypt({ ...output, slotLayout: spec.outputSlotLayout });
    expect(maxAbsDifference(logits.data, expected.data)).toBeLessThan(0.05);
    for (let i = 0; i < 3; i++) {
      expect(argmax(imageAt(logits, i).data)).toBe(argmax(imageAt(expected, i).data));
    }
    expect(traces.map(({ modelLayers }) => modelLayers)).toEqual([
      [0, 1],
      [2, 3, 4],
    ]);
  });

  test("is refused without its rotation keys, or with damaged input, and the engine goes on", async () => {
    const error = await rejectedBy(() => PackedEngine.start({ plan, keys: client.exportEvaluationKeys() }));
    expect(error).toBeInstanceOf(InputError);
    expect((error as InputError).message).toMatch(/^stage "conv1\+act1": rotate: there is no key for step/);
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

  test("can stop a run", async () => {
    const reason = new Error("enough");
    const run = engine.forward(client.encrypt(images, spec), { signal: AbortSignal.abort(reason) });
    expect(await rejectedBy(() => collect(run))).toBe(reason);
  });
});
