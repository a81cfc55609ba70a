import { describe, expect, test } from "@jest/globals";
import * as heMl from "../../src/he-ml/index.js";
import { teachingParameters } from "../cli/support.js";

const { defineModel, modelForward, inspectNetwork, linearLayer, tensor, zeros } = heMl;

const layer = linearLayer({ name: "fc1", weights: tensor([2, 4], [1, 2, 3, 4, 5, 6, 7, 8]) });
const model = { name: "x", inputShape: [4], layers: [layer] };

/** Called by JavaScript, which no types hold back. */
const call = (name: keyof typeof heMl, ...args: readonly unknown[]): unknown =>
  (heMl[name] as unknown as (...args: readonly unknown[]) => unknown)(...args);

async function message(work: () => unknown): Promise<string> {
  const error = await Promise.resolve()
    .then(work)
    .then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
  expect(error).toBeInstanceOf(heMl.InputError);
  return (error as Error).message;
}

describe("one InputError for", () => {
  test.each([["foo"], ["toString"], ["__proto__"], [undefined]])("a layer of kind %p", async (kind) => {
    const wrong = { ...model, layers: [{ kind, name: "q" }] };
    for (const work of [
      () => call("defineModel", wrong),
      () => call("modelForward", wrong, zeros([1, 4])),
      () => call("inspectNetwork", wrong),
      () => call("compile", wrong),
      () => call("planModel", wrong),
    ]) {
      expect(await message(work)).toMatch(/layer "q": expected a kind out of convolutional, .*, got /);
    }
  });

  test.each([
    [[-1, 4]],
    [[-2, -2]],
    [[NaN]],
    [[0]],
    [[1.5]],
    [[]],
    [["4"]],
    [[Infinity]],
    [undefined],
    [null],
    [4],
  ])("an input shape %p", async (inputShape) => {
    for (const name of ["defineModel", "inspectNetwork", "compile", "planModel"] as const) {
      expect(await message(() => call(name, { ...model, inputShape }))).toMatch(
        /inputShape: expected whole numbers above 0/,
      );
    }
  });

  test.each([[[-1, 4]], [[-2, -2]], [[NaN]], [[1.5]], [["4"]], [undefined], [null]])(
    "a shape %p",
    async (shape) => {
      expect(await message(() => call("zeros", shape))).toMatch(
        /zeros: a shape has whole, non-negative sizes/,
      );
      expect(await message(() => call("tensor", shape, [1, 2, 3, 4]))).toMatch(/tensor: a shape has whole/);
    },
  );

  test.each([
    "defineModel",
    "modelForward",
    "inspectNetwork",
    "compile",
    "planModel",
    "infer",
    "explain",
    "buildFromModel",
    "checkParameters",
    "tensor",
    "zeros",
  ] as const)("%s of nothing, and of null", async (name) => {
    await message(() => call(name));
    await message(() => call(name, null));
  });

  test.each([
    ["linearLayer", "linear", { weights: zeros([1, 1]) }],
    ["convolutionalLayer", "convolutional", { weights: zeros([1, 1, 1, 1]) }],
    ["transposedConvolutionalLayer", "transposedConvolutional", { weights: zeros([1, 1, 1, 1]) }],
    ["averagePoolLayer", "averagePool", { kernelSize: 2 }],
    ["maxPoolLayer", "maxPool", { kernelSize: 2 }],
    ["paddingLayer", "padding", { padding: 1 }],
    ["polynomialLayer", "polynomial", { coefficients: [0, 1] }],
  ] as const)(
    "%s of nothing, of null, of no options, and of options that are none",
    async (name, kind, right) => {
      for (const wrong of [undefined, null, 5]) {
        expect(await message(() => call(name, wrong))).toMatch(
          new RegExp(`^${kind}: expected options, .* got `),
        );
      }
      const none = Object.fromEntries(Object.keys(right).map((field) => [field, null]));
      for (const wrong of [{}, [], none]) {
        expect(await message(() => call(name, wrong))).toMatch(
          new RegExp(`^${kind} "${kind}".*expected .* got `),
        );
      }
      expect(call(name, right)).toMatchObject({ kind });
    },
  );

  test.each(["squareLayer", "flattenLayer"] as const)("%s of null, and of a number", async (name) => {
    await message(() => call(name, null));
    await message(() => call(name, 5));
    expect(call(name)).toEqual(call(name, {}));
  });

  test("a list of layers that holds none, images that are none, positions that are none", async () => {
    await message(() => call("defineModel", { ...model, layers: [null] }));
    await message(() => call("modelForward", model));
    await message(() => call("tensor", [1], undefined));
    expect(await message(() => call("selectLayers", [], undefined))).toMatch(/expected a list of positions/);
  });

  test("a client's arguments that are missing", async () => {
    const client = await heMl.SecretContext.create(heMl.checkParameters(teachingParameters));
    const encrypt = client.encrypt.bind(client) as (...args: readonly unknown[]) => unknown;
    const decrypt = client.decrypt.bind(client) as (...args: readonly unknown[]) => unknown;
    const image = zeros([1, 4]);
    expect(await message(() => encrypt())).toMatch(/encrypt: expected a tensor/);
    expect(await message(() => encrypt(image))).toMatch(/expected packing/);
    expect(await message(() => encrypt(image, { packing: "packed", slotLayout: null }))).toMatch(
      /slot layout/,
    );
    expect(await message(() => decrypt())).toMatch(/expected an encrypted tensor/);
    expect(await message(() => decrypt(null))).toMatch(/expected an encrypted tensor/);
  });
});

test("what is right stays right", () => {
  expect(modelForward(defineModel(model), tensor([1, 4], [1, 0, 0, 0])).at(-1)!.data).toEqual(
    Float64Array.of(1, 5),
  );
  expect(inspectNetwork(model).layers).toHaveLength(1);
});
