import { describe, expect, test } from "@jest/globals";
import { ClearEvaluator } from "../../../src/he-ml/crypto/clear-evaluator.js";
import { noOperations } from "../../../src/he-ml/crypto/operation-counts.js";
import {
  checkParameters,
  formatChain,
  type CkksParameters,
  type ParametersSpec,
} from "../../../src/he-ml/crypto/parameters.js";
import { InputError } from "../../../src/he-ml/errors.js";
import { ChainTooShortError } from "../../../src/he-ml/layers/rescaling.js";
import { linearLayer } from "../../../src/he-ml/model/linear.js";
import { defineModel, modelForward, type Layer, type Model } from "../../../src/he-ml/model/model.js";
import { selectLayers } from "../../../src/he-ml/model/layer-range.js";
import { squareLayer } from "../../../src/he-ml/model/square.js";
import { buildFromModel } from "../../../src/he-ml/program/build-from-model.js";
import { chooseParameters } from "../../../src/he-ml/program/chain.js";
import type { ValueRange } from "../../../src/he-ml/model/value-range.js";
import { maxAbs, tensor } from "../../../src/he-ml/tensor/tensor.js";
import {
  lazyParameters,
  maxAbsDifference,
  openClear,
  openSeal,
  randomTensor,
  thrownBy,
  type Side,
} from "../support.js";
import { smallModel } from "../layers/small-model.js";

/** `depth` times linear and square, then linear. */
function deepModel(depth: number): Model {
  const layers: Layer[] = [];
  for (let i = 0; i < depth; i++) {
    layers.push(
      linearLayer({ name: `fc${i}`, weights: randomTensor([2, 2], i), bias: randomTensor([2], i + 50) }),
    );
    layers.push(squareLayer({ name: `act${i}` }));
  }
  layers.push(linearLayer({ name: "last", weights: randomTensor([2, 2], 99) }));
  return defineModel({ name: `deep${depth}`, inputShape: [2], layers });
}

/** Runs the whole model on the clear twin and returns its largest error against the plain model. */
function errorOn(side: Side, model: Model, seed = 1): number {
  const batch = randomTensor([2, ...model.inputShape], seed);
  let current = side.encrypt(batch, "batch");
  for (const layer of buildFromModel(side.evaluator, model)) current = layer(current);
  return maxAbsDifference(side.decrypt(current).data, modelForward(model, batch).at(-1)!.data);
}

/** The chain and degree that a refusal recommends. */
function recommended(message: string): Pick<ParametersSpec, "polyModulusDegree" | "coeffModulusBits"> {
  const match = /with these scales \[([\d, ]+) \| (\d+)\] at polyModulusDegree (\d+) would do$/.exec(message);
  if (!match) throw new Error(`no recommendation in: ${message}`);
  return {
    coeffModulusBits: [...match[1].split(", ").map(Number), Number(match[2])],
    polyModulusDegree: Number(match[3]),
  };
}

function refusal(parameters: CkksParameters, model: Model, valueRanges?: readonly ValueRange[]): string {
  const he = new ClearEvaluator(parameters);
  const error = thrownBy(() => buildFromModel(he, model, { valueRanges }));
  expect(error).toBeInstanceOf(ChainTooShortError);
  expect(error).toBeInstanceOf(InputError);
  // Nothing was computed, so nothing was encrypted.
  expect(he.operations).toEqual(noOperations);
  return (error as Error).message;
}

describe("buildFromModel", () => {
  test("gives a callable encoded layer for each layer, in order, with its position", () => {
    const he = new ClearEvaluator(lazyParameters);
    const layers = buildFromModel(he, smallModel);
    expect(layers.map(({ modelLayers }) => modelLayers)).toEqual([[0], [1], [2], [3], [4]]);
    expect(layers.map(({ layer }) => layer)).toEqual(smallModel.layers);
    expect(layers.every(({ evaluator }) => evaluator === he)).toBe(true);
    expect(layers.every((layer) => typeof layer === "function")).toBe(true);
  });

  test("the list is callable as a whole, and frees what lies between", () => {
    const { evaluator, encrypt, decrypt } = openClear(lazyParameters);
    const layers = buildFromModel(evaluator, smallModel);
    const images = randomTensor([2, 1, 4, 4], 1);
    const input = encrypt(images, "batch");
    const expected = modelForward(smallModel, images).at(-1)!;
    expect(maxAbsDifference(decrypt(layers(input)).data, expected.data)).toBeLessThan(1e-4);
    const one = layers.reduce((current, layer) => layer(current), input);
    expect(decrypt(layers(input))).toEqual(decrypt(one));
    expect(thrownBy(() => layers(layers[0](input)))).toBeInstanceOf(InputError);
  });

  test("the list is a list: it has a length, is gone through, sliced and mapped", () => {
    const layers = buildFromModel(new ClearEvaluator(lazyParameters), smallModel);
    const [first, ...rest] = layers;
    expect([layers.length, first, rest.length]).toEqual([5, layers[0], 4]);
    expect(Array.isArray(layers.slice(1))).toBe(true);
    expect(selectLayers(layers, [1, 2]).map(({ layer }) => layer.name)).toEqual(["act1", "pool1"]);
    expect(layers.at(-1)!.layer.name).toBe("fc1");
    expect(layers instanceof Array).toBe(true);
  });

  test("runs alike on SEAL and the clear twin", async () => {
    expect(errorOn(openClear(lazyParameters), smallModel)).toBeLessThan(1e-4);
    expect(errorOn(await openSeal(lazyParameters), smallModel)).toBeLessThan(0.05);
  });
});

describe("a chain too short for the model", () => {
  const short: [string, ParametersSpec, Model, string][] = [
    [
      "classic, two levels for five multiplications",
      { polyModulusDegree: 8192, coeffModulusBits: [60, 40, 40, 60], scaleBits: 40 },
      deepModel(2),
      `linear "fc1"`,
    ],
    [
      "classic, one data prime",
      { polyModulusDegree: 8192, coeffModulusBits: [60, 60], scaleBits: 40 },
      deepModel(1),
      `linear "fc0"`,
    ],
    [
      "lazy, with three data primes",
      { polyModulusDegree: 8192, coeffModulusBits: [50, 60, 48, 60], scaleBits: 20, weightScaleBits: 16 },
      deepModel(4),
      `square "act2"`,
    ],
    [
      "teaching, on a small ring",
      { polyModulusDegree: 1024, coeffModulusBits: [40, 30, 40], scaleBits: 25, security: "teaching" },
      smallModel,
      `square "act1"`,
    ],
    [
      "primes so small that larger degrees have few of them",
      { polyModulusDegree: 4096, coeffModulusBits: [20, 20, 20], scaleBits: 12, weightScaleBits: 8 },
      deepModel(2),
      `square "act0"`,
    ],
  ];
  test.each(short)("%s: refused before anything is computed, naming the layer", (_, spec, model, layer) => {
    const parameters = checkParameters(spec);
    const message = refusal(parameters, model);
    expect(message.startsWith(`${layer}: the chain ${formatChain(parameters)} is too short: `)).toBe(true);
  });

  test.each(short.slice(0, 4))("%s: the chain it recommends works, built and run", (_, spec, model) => {
    const chain = recommended(refusal(checkParameters(spec), model));
    const parameters = checkParameters({ ...spec, ...chain, security: 128 });
    expect(errorOn(openClear(parameters), model)).toBeLessThan(0.02);
  });

  test("the recommended chain works on SEAL too", async () => {
    const [, spec, model] = short[0];
    const chain = recommended(refusal(checkParameters(spec), model));
    // Its primes carry the model at any degree.
    const small = { polyModulusDegree: 1024, security: "teaching" } as const;
    const parameters = checkParameters({ ...spec, ...chain, ...small });
    expect(errorOn(await openSeal(parameters), model)).toBeLessThan(1e-4);
  });

  test("the recommendation is minimal: one data prime less is refused", () => {
    const [, spec, model] = short[0];
    const { coeffModulusBits, polyModulusDegree } = recommended(refusal(checkParameters(spec), model));
    const fewer = [...coeffModulusBits.slice(0, -2), coeffModulusBits.at(-1)!];
    const parameters = checkParameters({ ...spec, polyModulusDegree, coeffModulusBits: fewer });
    expect(refusal(parameters, model)).toContain("is too short");
  });

  test("a model beyond every 128-bit chain is told so", () => {
    const parameters = checkParameters({
      polyModulusDegree: 8192,
      coeffModulusBits: [60, 40, 60],
      scaleBits: 40,
    });
    const message = refusal(parameters, deepModel(12));
    expect(message).toMatch(/^square "act0": /);
    expect(message).toContain(
      "no 128-bit chain up to polyModulusDegree 32768 carries this model at these scales",
    );
  });
});

describe("value ranges", () => {
  const parameters = lazyParameters;
  const ranges = (name: string, max: number): ValueRange[] => [{ name, min: -max, max: max / 2 }];

  test("that fit are taken, ranges of other names are not looked at", () => {
    const he = new ClearEvaluator(parameters);
    const valueRanges = [...ranges("input", 1), ...ranges("conv1", 9), ...ranges("elsewhere", 2 ** 200)];
    expect(buildFromModel(he, smallModel, { valueRanges })).toHaveLength(5);
  });

  test.each([
    // Room is 2^157 for scaled values at level 3, 2^109 at level 2.
    ["input", 2 ** 136, 2 ** 138],
    ["conv1", 2 ** 120, 2 ** 122],
    ["act1", 2 ** 84, 2 ** 86],
    ["pool1", 2 ** 82, 2 ** 84],
    ["fc1", 2 ** 66, 2 ** 68],
  ])("of %s that outgrow the modulus are refused by name, a little less is not", (name, fits, outgrows) => {
    const he = new ClearEvaluator(parameters);
    expect(buildFromModel(he, smallModel, { valueRanges: ranges(name, fits) })).toHaveLength(5);
    const message = refusal(parameters, smallModel, ranges(name, outgrows));
    expect(message).toMatch(
      new RegExp(`^"${name}": values up to .* outgrow the \\d+ bits left at level \\d of `),
    );
  });

  test.each([
    ["weight", { weights: tensor([1, 1], [2 ** 145]) }],
    ["bias", { weights: tensor([1, 1], [1]), bias: tensor([1], [-(2 ** 125)]) }],
  ])(
    "a %s that does not fit into the modulus is refused by the layer's name before it is encoded",
    (_, options) => {
      const model = defineModel({
        name: "heavy",
        inputShape: [1],
        layers: [linearLayer({ name: "fc1", ...options })],
      });
      expect(refusal(parameters, model)).toMatch(
        /^linear "fc1": its weights or bias, encoded, take 16\d bits and do not fit into the 157 bits left at level 3/,
      );
    },
  );

  test("the lower end counts as much as the upper", () => {
    const valueRanges = [{ name: "fc1", min: -(2 ** 70), max: 0 }];
    expect(refusal(parameters, smallModel, valueRanges)).toMatch(/^"fc1": /);
  });

  test("the chain recommended for them has the room", () => {
    const spec = {
      polyModulusDegree: 8192,
      coeffModulusBits: [50, 60, 48, 60],
      scaleBits: 20,
      weightScaleBits: 16,
    };
    const large = defineModel({
      name: "large",
      inputShape: [2],
      layers: [
        linearLayer({ name: "fc0", weights: tensor([2, 2], [8, 0, 0, -8]) }),
        squareLayer({ name: "act0" }),
        linearLayer({ name: "fc1", weights: tensor([1, 2], [1, 1]) }),
      ],
    });
    const input = 2 ** 40;
    const batch = tensor([1, 2], [input, -input]);
    const expected = modelForward(large, batch);
    const valueRanges = large.layers.map(({ name }, i) => {
      const max = maxAbs(expected[i].data);
      return { name, min: -max, max };
    });
    const message = refusal(checkParameters(spec), large, valueRanges);
    expect(message).toMatch(/^"act0": values up to/);
    const parameters = checkParameters({ ...spec, ...recommended(message) });
    const side = openClear(parameters);
    let current = side.encrypt(batch, "scalar");
    for (const layer of buildFromModel(side.evaluator, large, { valueRanges })) current = layer(current);
    expect(side.decrypt(current).data[0] / expected.at(-1)!.data[0]).toBeCloseTo(1, 9);
    // Without the longer chain the twin refuses what SEAL would let wrap around.
    const narrow = openClear(checkParameters(spec));
    const layers = buildFromModel(narrow.evaluator, large);
    const error = thrownBy(() =>
      layers.reduce((tensor, layer) => layer(tensor), narrow.encrypt(batch, "scalar")),
    );
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toMatch(/outgrows the primes left .* would wrap around/);
  });
});

describe("chooseParameters", () => {
  test("gives a 128-bit chain that carries the model, built and run", () => {
    for (const model of [smallModel, deepModel(1), deepModel(2)]) {
      const parameters = chooseParameters(model);
      expect(parameters.security).toBe(128);
      expect(errorOn(openClear(parameters), model)).toBeLessThan(1e-6);
    }
  });

  test("says so where none does", () => {
    const error = thrownBy(() => chooseParameters(deepModel(12)));
    expect(error).toBeInstanceOf(ChainTooShortError);
    expect((error as Error).message).toMatch(/^model "deep12": no 128-bit chain/);
  });
});
