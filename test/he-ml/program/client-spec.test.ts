import { describe, expect, test } from "@jest/globals";
import { InputError } from "../../../src/he-ml/errors.js";
import { typicalCosts } from "../../../src/he-ml/planner/search/costs.js";
import { readClientSpec, readOutputSpec, type ClientSpec } from "../../../src/he-ml/program/client-spec.js";
import { compile, type CompileOptions } from "../../../src/he-ml/program/compile.js";
import { convolutionalLayer } from "../../../src/he-ml/model/convolutional.js";
import { defineModel } from "../../../src/he-ml/model/model.js";
import { tensor } from "../../../src/he-ml/tensor/tensor.js";
import { smallModel } from "../layers/small-model.js";
import { lazyParameters, thrownBy } from "../support.js";

const specOf = async (options: CompileOptions = {}, model = smallModel): Promise<ClientSpec> =>
  (await compile(model, { parameters: lazyParameters, costs: typicalCosts, ...options })).clientSpec;

const spec = await specOf();
const json = JSON.stringify(spec);
const copy = (): ClientSpec => JSON.parse(json) as ClientSpec;

test("a specification is the same after a trip through JSON, and passes its own check", () => {
  expect(copy()).toEqual(spec);
  expect(readClientSpec(copy()).spec).toEqual(spec);
  expect(spec).toMatchObject({
    packing: "packed",
    layers: [0, 1, 2, 3, 4],
    relinearization: true,
    inputShape: [1, 4, 4],
    outputShape: [3],
    scaleBits: 20,
    input: { program: spec.digest, end: "input", level: 3, scale: 2 ** 20 },
    output: { program: spec.digest, end: "output", shape: [3], nextLayer: 5 },
  });
  const held = spec.outputSlotLayout!.flatMap((slots) => Array.from(slots)).filter((value) => value >= 0);
  expect(held.sort()).toEqual([0, 1, 2]);
});

test("pixels that no weight reads are left out of what is sent", async () => {
  const weights = tensor([2, 1, 3, 3], [0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0]);
  const model = defineModel({
    name: "centre",
    inputShape: [1, 3, 3],
    layers: [convolutionalLayer({ weights })],
  });
  const { slotLayout, ...lean } = await specOf({}, model);
  const sent = new Set(slotLayout!.flatMap((slots) => Array.from(slots)).filter((value) => value >= 0));
  expect([...sent]).toEqual([4]);
  expect(readClientSpec({ slotLayout, ...lean }).spec.inputShape).toEqual([1, 3, 3]);
});

test("nothing in it is a weight", () => {
  const weights = smallModel.layers.flatMap((layer) =>
    "weights" in layer ? [...layer.weights.data, ...(layer.bias?.data ?? [])] : [],
  );
  expect(weights.length).toBeGreaterThan(20);
  for (const weight of weights) expect(json).not.toContain(Math.abs(weight).toFixed(4));
});

test("layer by layer it asks for no rotations, and has the shapes of a range of layers", async () => {
  const whole = await specOf({ packing: "batch" });
  expect(whole).toMatchObject({ packing: "batch", rotations: [], relinearization: true });
  expect(whole.slotLayout).toBeUndefined();
  const part = await specOf({ packing: "scalar", layers: [2, 3, 4] });
  expect(part).toMatchObject({ layers: [2, 3, 4], relinearization: false });
  expect([part.inputShape, part.outputShape]).toEqual([[2, 2, 2], [3]]);
});

test("of a plan without squares it asks for no relinearization", async () => {
  expect(await specOf({ layers: [2, 3, 4] })).toMatchObject({ relinearization: false });
});

test("class names are told by the program that gives the last layer's outputs, and by no other", async () => {
  const named = defineModel({ ...smallModel, classNames: ["ant", "bee", "cat"] });
  expect((await specOf({}, named)).classNames).toEqual(["ant", "bee", "cat"]);
  expect((await specOf({ layers: [0, 1] }, named)).classNames).toBeUndefined();
});

describe("the digest", () => {
  test("is the same for the same program, and for other weights and class names", async () => {
    expect((await specOf()).digest).toBe(spec.digest);
    const retrained = defineModel({
      ...smallModel,
      classNames: ["a", "b", "c"],
      layers: smallModel.layers.map((layer) =>
        layer.kind === "linear"
          ? {
              ...layer,
              weights: tensor(
                layer.weights.shape,
                layer.weights.data.map((weight) => 0.9 * weight),
              ),
            }
          : layer,
      ),
    });
    expect((await specOf({}, retrained)).digest).toBe(spec.digest);
    const batch = await specOf({ packing: "batch" });
    expect((await specOf({ packing: "batch" }, retrained)).digest).toBe(batch.digest);
  });

  test("differs with packing, range, parameters, stages and what it goes on with", async () => {
    const first = await specOf({ layers: [0, 1] });
    const digests = await Promise.all(
      [
        {},
        { packing: "batch" as const },
        { packing: "scalar" as const },
        { layers: [0, 1] },
        { layers: [2, 3, 4] },
        { input: first.output },
        { fuse: false },
        { parameters: { ...lazyParameters, ...{ scaleBits: 21 } } },
      ].map(async (options) => (await specOf(options)).digest),
    );
    expect(new Set(digests).size).toBe(digests.length);
  });
});

describe("refused by name:", () => {
  const refusal = (value: unknown): string => {
    const error = thrownBy(() => readClientSpec(value));
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).not.toContain("\n");
    return (error as Error).message;
  };
  const withInput = (change: object) => ({ ...copy(), input: { ...copy().input, ...change } });

  test.each<[string, () => unknown, RegExp]>([
    ["nothing", () => undefined, /the whole/],
    ["an unknown field", () => ({ ...copy(), extra: 1 }), /extra/],
    ["a missing field", () => ({ ...copy(), rotations: undefined }), /rotations/],
    [
      "a layout of the right length that was changed",
      () => {
        const [first, ...rest] = copy().slotLayout!;
        return { ...copy(), slotLayout: [Array.from(first).reverse(), ...rest] };
      },
      /its digest is [0-9a-f]{12}…, expected [0-9a-f]{12}…: something in it was changed/,
    ],
    ["a rotation more", () => ({ ...copy(), rotations: [{ step: 3, level: 1 }] }), /digest/],
    ["a scale that was changed", () => withInput({ scale: 2 ** 19 }), /digest/],
    ["relinearization that was changed", () => ({ ...copy(), relinearization: false }), /digest/],
    ["layers with a gap", () => ({ ...copy(), layers: [0, 2] }), /expected a range/],
    [
      "a rotation twice",
      () => ({ ...copy(), rotations: [1, 1].map((step) => ({ step, level: 1 })) }),
      /twice/,
    ],
    [
      "a rotation that there is not",
      () => ({ ...copy(), rotations: [{ step: 9999, level: 1 }] }),
      /rotation/,
    ],
    ["a level that there is not", () => withInput({ level: 7 }), /level up to 3, got 7/],
    [
      "a layout that leaves a value out",
      () => ({ ...copy(), outputSlotLayout: [[0, 1]] }),
      /lies in no slot/,
    ],
    ["no layout", () => ({ ...copy(), slotLayout: undefined }), /expected a slot layout/],
    [
      "an endless shape",
      () => ({ ...copy(), outputShape: [2 ** 50], output: { ...copy().output, shape: [2 ** 50] } }),
      /lies in no slot/,
    ],
    [
      "weaker parameters at one end",
      () => ({
        ...copy(),
        output: { ...copy().output, parameters: { ...copy().parameters, scaleBits: 19 } },
      }),
      /other parameters/,
    ],
    [
      "parameters below 128 bits that are not called so",
      () => ({ ...copy(), parameters: { ...copy().parameters, security: 128 } }),
      /below 128-bit/,
    ],
  ])("%s", (_, value, message) => {
    expect(refusal(value())).toMatch(message);
  });

  test("another program's output with an unknown field", () => {
    expect(String(thrownBy(() => readOutputSpec({ ...spec.output, extra: 1 })))).toMatch(/extra/);
  });

  test("another plan's layout of the right length, or a false error, in what a program goes on with", async () => {
    const { output } = await specOf({ layers: [0, 1] });
    const [slots, ...more] = output.slotLayout!;
    for (const change of [
      { slotLayout: [Array.from(slots).reverse(), ...more] },
      { predictedError: 1e9 },
      { predictedError: undefined },
    ]) {
      await expect(specOf({ parameters: undefined, input: { ...output, ...change } })).rejects.toThrow(
        /^input: its checksum is [0-9a-f]{12}…, expected .* take the whole clientSpec.output/,
      );
    }
    await expect(specOf({ parameters: undefined, input: output })).resolves.toMatchObject({
      layers: [2, 3, 4],
    });
  });

  test("a predicted error that was changed, which the digest leaves out", () => {
    const { output } = copy();
    expect(refusal({ ...copy(), output: { ...output, predictedError: 1e9 } })).toMatch(/checksum/);
  });
});
