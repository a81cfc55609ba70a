import { describe, expect, test } from "@jest/globals";

import {
  Client,
  InputError,
  Server,
  compile,
  defineModel,
  infer,
  modelForward,
  tensor,
  typicalCosts,
  type CompileOptions,
  type Model,
  type PlannedStage,
  type Program,
  type Tensor,
} from "../../../src/he-ml/node/index.js";
import { smallModel } from "../layers/small-model.js";
import { lazyParameters, maxAbsDifference, randomTensor, rejectedBy, sigmas } from "../support.js";

/** The small model with its weights, biases left out, changed one by one. */
function retrained(change: (weight: number, index: number) => number): Model {
  const layers = smallModel.layers.map((layer) => {
    if (!("weights" in layer)) return layer;
    const { shape, data } = layer.weights;
    return { ...layer, weights: tensor(shape, data.map(change)) };
  });
  return defineModel({ ...smallModel, layers });
}
const other = retrained((weight, index) => 0.7 * weight + 0.1 * Math.sin(index));

/** Under small parameters, unless they come with another program. */
const compiled = (model: Model, options: CompileOptions = {}) => {
  const parameters = options.keysOf || options.input ? undefined : lazyParameters;
  return compile(model, { costs: typicalCosts, parameters, ...options });
};
const packed = await compiled(smallModel);
const batch = await compiled(smallModel, { packing: "batch" });
/** Its parameters leave little room beyond what they were chosen for. */
const chosen = await compiled(smallModel, { parameters: undefined });

const refusal = async (model: Model, options: CompileOptions): Promise<string> => {
  const error = await rejectedBy(() => compiled(model, options));
  expect(error).toBeInstanceOf(InputError);
  expect((error as Error).message).not.toContain("\n");
  return (error as Error).message;
};
const withoutPredictions = ({ predictedError, ...stage }: PlannedStage) => {
  expect(predictedError).toBeGreaterThan(0);
  return stage;
};
const errorsOf = ({ plan }: Program) => plan!.stages.map(({ predictedError }) => predictedError);

test.each([packed, batch].map((before) => ({ packing: before.packing, before })))(
  "a network that was trained again runs under the keys that are there, packing $packing",
  async ({ before }) => {
    const after = await compiled(other, { keysOf: before });
    expect(after.digest).toBe(before.digest);
    expect(after.packing).toBe(before.packing);
    const client = await Client.create(before.clientSpec, { security: "teaching" });
    const images = randomTensor([1, 1, 4, 4], 5);
    const answers: Tensor[] = [];
    for (const program of [before, after]) {
      await using server = await Server.start(program, { threads: 0 });
      const session = await server.connect(client.evaluationKeys);
      answers.push(client.decrypt((await session.run(client.encrypt(images))).response));
    }
    const expected = [smallModel, other].map((model) => modelForward(model, images).at(-1)!);
    expect(maxAbsDifference(expected[0].data, expected[1].data)).toBeGreaterThan(0.1);
    answers.forEach((answer, i) =>
      expect(maxAbsDifference(answer.data, expected[i].data)).toBeLessThan(0.01),
    );
  },
);

test.each([
  { what: "under chosen parameters", program: chosen },
  { what: "of a stage for each layer", program: await compiled(smallModel, { fuse: false }) },
  { what: "of a range", program: await compiled(smallModel, { layers: [0, 1, 2] }) },
])(
  "with the weights that it has, a program $what comes out the same, its predictions too",
  async ({ program }) => {
    const again = await compiled(smallModel, { keysOf: program });
    expect(again.digest).toBe(program.digest);
    const [kept, planned] = [again, program].map((one) => one.plan!.stages.map(withoutPredictions));
    expect(kept).toEqual(planned);
    // Scales are added up in another order.
    errorsOf(again).forEach((error, i) => expect(error / errorsOf(program)[i]).toBeCloseTo(1, 9));
  },
);

test("what is predicted is of the new weights, and true", async () => {
  const larger = retrained((weight) => 1.4 * weight);
  const after = await compiled(larger, { keysOf: packed });
  errorsOf(after).forEach((error, i) => expect(error).toBeGreaterThan(1.1 * errorsOf(packed)[i]));
  const images = randomTensor([1, 1, 4, 4], 6);
  const { layers } = await infer(after, images, { threads: 0 });
  layers.forEach(({ error }, i) => expect(error!.maxAbs).toBeLessThan(sigmas * errorsOf(after)[i]));
});

test("two programs that share a network are both taken over", async () => {
  const first = await compiled(smallModel, { layers: [0, 1, 2] });
  const rest = await compiled(smallModel, { input: first.clientSpec.output });
  const newFirst = await compiled(other, { keysOf: first });
  const newRest = await compiled(other, { keysOf: rest, input: newFirst.clientSpec.output });
  expect([newFirst.digest, newRest.digest]).toEqual([first.digest, rest.digest]);
  const alone = await compiled(other, { keysOf: rest });
  expect(alone.digest).toBe(rest.digest);
  expect(await refusal(other, { keysOf: rest, input: newRest.clientSpec.output })).toMatch(/input/);
});

test("weights may have become zero, but not arisen from it", async () => {
  const sparser = retrained((weight, index) => (index % 3 === 0 ? 0 : weight));
  const after = await compiled(sparser, { keysOf: packed });
  expect(after.digest).toBe(packed.digest);
  const [result] = (await infer(after, randomTensor([1, 1, 4, 4], 7), { threads: 0 })).results;
  expect(result.maxAbsError).toBeLessThan(0.01);
  expect(await refusal(smallModel, { keysOf: await compiled(sparser) })).toMatch(
    /stage "conv1.*" output 0 has a weight where the old network had none/,
  );
});

describe("is refused", () => {
  test("where the new weights have no room", async () => {
    expect(
      await refusal(
        retrained((weight) => 1e4 * weight),
        { keysOf: chosen },
      ),
    ).toMatch(/stage "conv1.*" needs \d+ bits at level \d/);
  });

  test("for another network", async () => {
    for (const before of [packed, batch]) {
      const layers = smallModel.layers.slice(0, -1);
      await refusal(defineModel({ ...smallModel, layers }), { keysOf: before });
      const linear = layers.filter(({ kind }) => kind !== "square");
      await refusal(defineModel({ ...smallModel, layers: [...linear, ...smallModel.layers.slice(-1)] }), {
        keysOf: before,
      });
    }
  });

  test("beside options that say otherwise, and without a program", async () => {
    for (const option of [{ packing: "batch" }, { layers: [0] }, { fuse: false }] as const) {
      expect(await refusal(other, { keysOf: packed, ...option })).toContain(Object.keys(option)[0]);
    }
    expect(await refusal(other, { keysOf: packed.clientSpec as never })).toContain("keysOf");
  });
});
