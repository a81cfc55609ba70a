import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { ClearContext } from "../../../src/he-ml/crypto/clear-context.js";
import { checkParameters, modulusBits } from "../../../src/he-ml/crypto/parameters.js";
import type { SlotLayout } from "../../../src/he-ml/crypto/slot-layout.js";
import { InputError } from "../../../src/he-ml/errors.js";
import { convolutionalLayer } from "../../../src/he-ml/model/convolutional.js";
import { flattenLayer } from "../../../src/he-ml/model/flatten.js";
import { linearLayer } from "../../../src/he-ml/model/linear.js";
import { defineModel } from "../../../src/he-ml/model/model.js";
import { squareLayer } from "../../../src/he-ml/model/square.js";
import { encodePlan } from "../../../src/he-ml/program/encode-plan.js";
import { planModel, type Plan } from "../../../src/he-ml/planner/plan.js";
import { tensor, zeros } from "../../../src/he-ml/tensor/tensor.js";
import { smallModel } from "../layers/small-model.js";
import { lazyParameters, randomTensor, thrownBy } from "../support.js";
import { checkPlan, longChain, runOnTwin } from "./plan-checks.js";
import { networks, ranges, wideNetworks } from "./random-networks.js";

const parameters = checkParameters(longChain(1024));
const given = { parameters, mostInputCiphertexts: 16 };

describe("random networks on the clear twin give the plain result", () => {
  test.each([
    ["fused", true],
    ["a stage for each layer", false],
  ])("%s", (_, fuse) => {
    fc.assert(
      fc.property(networks(), (model) => {
        const plan = planModel(model, { ...given, fuse });
        if (!fuse) expect(plan.stages).toHaveLength(model.layers.length);
        checkPlan(plan);
      }),
      { seed: 31, numRuns: 8, endOnFailure: true },
    );
  });

  test("a range of layers, with stages that end where a split is asked for", () => {
    fc.assert(
      fc.property(ranges(networks()), ({ model, layers, splitAfter }) => {
        const plan = planModel(model, { ...given, layers, splitAfter });
        expect(plan.stages.flatMap(({ modelLayers }) => modelLayers)).toEqual(layers);
        const ends = plan.stages.map(({ modelLayers }) => modelLayers.at(-1)!);
        expect(ends).toEqual(expect.arrayContaining([...splitAfter]));
        checkPlan(plan);
      }),
      { seed: 32, numRuns: 6, endOnFailure: true },
    );
  });

  test("tensors that take several ciphertexts", () => {
    let several = 0;
    fc.assert(
      fc.property(networks(wideNetworks), fc.boolean(), (model, fuse) => {
        const plan = planModel(model, { ...given, fuse });
        if (plan.stages.some(({ input, output }) => Math.max(input.length, output.length) > 1)) several++;
        checkPlan(plan);
      }),
      { seed: 33, numRuns: 10, endOnFailure: true },
    );
    expect(several).toBeGreaterThan(2);
  });

  test("under chosen parameters, which are 128-bit secure", () => {
    fc.assert(
      fc.property(networks(), fc.boolean(), (model, fuse) => {
        const plan = planModel(model, { fuse });
        expect(plan.parameters.security).toBe(128);
        checkPlan(plan, 0.01);
      }),
      { seed: 34, numRuns: 2, endOnFailure: true },
    );
  });
});

describe("a plan", () => {
  const plan = planModel(smallModel, given);

  test("is the same for the same model", () => {
    const text = (each: Plan) =>
      JSON.stringify({ ...each, parameters: String(each.parameters.coeffModulus) });
    expect(text(planModel(smallModel, given))).toBe(text(plan));
  });

  test("fuses all linear layers between two activations", () => {
    expect(plan.stages.map(({ name, kind, modelLayers }) => ({ name, kind, modelLayers }))).toEqual([
      { name: "conv1+act1", kind: "stage", modelLayers: [0, 1] },
      { name: "pool1+flat+fc1", kind: "stage", modelLayers: [2, 3, 4] },
    ]);
  });

  test("that ends with a square, or is nothing but squares, holds", () => {
    for (const count of [1, 3]) {
      const layers = Array.from({ length: count }, (_, i) => squareLayer({ name: `square${i}` }));
      checkPlan(planModel(defineModel({ name: "squares", inputShape: [2, 3, 5], layers }), given));
    }
  });

  test("of zeros alone, with and without a bias, gives the bias", () => {
    for (const bias of [undefined, randomTensor([5], 1)]) {
      const layers = [
        convolutionalLayer({ name: "conv", weights: zeros([3, 1, 2, 2]) }),
        squareLayer({ name: "square" }),
        flattenLayer({ name: "flatten" }),
        linearLayer({ name: "fc", weights: zeros([5, 48]), bias }),
      ];
      const model = defineModel({ name: "zeros", inputShape: [1, 5, 5], layers });
      for (const fuse of [true, false]) checkPlan(planModel(model, { ...given, fuse }));
    }
  });

  test.each(["seal", "kernel"] as const)(
    "has room for inputs that are larger than all that it computes, on %s",
    (evaluator) => {
      const fc1 = linearLayer({ name: "fc", weights: zeros([2, 4]) });
      const model = defineModel({ name: "zeros", inputShape: [4], layers: [fc1] });
      const valueRanges = [{ name: "input", min: -11, max: 3 }];
      const { parameters: chosen } = planModel(model, { evaluator, valueRanges });
      // A bit for the sign and one to spare: see requireEncodable.
      const room = modulusBits(chosen, chosen.levels) - chosen.scaleBits - 2;
      expect(room).toBeGreaterThan(Math.log2(11));
    },
  );

  test("computes images of a batch one after the other", () => {
    const { output, expected } = runOnTwin(plan, randomTensor([5, 1, 4, 4], 3));
    expect(output.shape).toEqual([5, 3]);
    output.data.forEach((value, i) => expect(value).toBeCloseTo(expected.data[i], 9));
  });
});

describe("refused with one line that says what would do:", () => {
  const refusal = (work: () => unknown): string => {
    const error = thrownBy(work);
    expect(error).toBeInstanceOf(InputError);
    expect((error as InputError).message).not.toContain("\n");
    return (error as InputError).message;
  };
  const dense = (inputs: number, outputs: number) =>
    defineModel({
      name: "dense",
      inputShape: [inputs],
      layers: [linearLayer({ name: "fc", weights: randomTensor([outputs, inputs], 1) })],
    });

  test.each([
    ["weights", 1e22, 0],
    ["a bias", 1e11, 1e22],
  ])("%s too large for the modulus, although inputs and outputs are not", (_, weight, bias) => {
    const weights = tensor([2, 2], [weight, 0, 0, weight]);
    const fc = linearLayer({ name: "fc", weights, bias: tensor([2], [bias, bias]) });
    const model = defineModel({ name: "large", inputShape: [2], layers: [fc] });
    const samples = tensor([1, 2], [(0.5 - bias) / weight, (1 - bias) / weight]);
    const short = checkParameters({
      ...longChain(1024),
      coeffModulusBits: [60, 60],
      scaleBits: 18,
      weightScaleBits: 18,
    });
    expect(refusal(() => planModel(model, { parameters: short, samples }))).toMatch(
      /^plan: stage "fc" needs \d+ bits at level 1/,
    );
    expect(refusal(() => planModel(model, { samples }))).toMatch(/^plan: no 128-bit parameters carry/);
  });

  test("an image that takes too many ciphertexts", () => {
    const message = refusal(() => planModel(dense(5000, 2), { parameters }));
    expect(message).toMatch(
      /^plan: stage "fc" \(5000 → 2\) does not fit: its input takes 10 ciphertexts of 512 slots, expected at most 4/,
    );
    const [, degree] = /use polyModulusDegree (\d+)/.exec(message)!;
    checkPlan(planModel(dense(5000, 2), { parameters: checkParameters(longChain(Number(degree))) }));
  });

  test("a layer whose products would take minutes to plan", () => {
    const model = defineModel({
      name: "huge",
      inputShape: [1, 400, 400],
      layers: [convolutionalLayer({ name: "conv", weights: zeros([16, 1, 9, 9]) })],
    });
    expect(refusal(() => planModel(model, { parameters }))).toMatch(
      /"conv" of stage "conv" has \d+ products.*takes up to 50000000; use packing batch, or a smaller layer/,
    );
  });

  test("a chain too short, naming the stage", () => {
    const short = checkParameters({ ...longChain(1024), coeffModulusBits: [60, 40, 60] });
    expect(refusal(() => planModel(smallModel, { parameters: short }))).toMatch(
      /^plan: stage "conv1\+act1" needs \d+ bits at level 1, \[60, 40 \| 60\] has 60 left there; use a longer chain/,
    );
  });

  test("a network so deep that no secure chain carries it", () => {
    const layers = Array.from({ length: 25 }, (_, i) => squareLayer({ name: `square${i}` }));
    const deep = defineModel({ name: "deep", inputShape: [4], layers });
    expect(refusal(() => planModel(deep))).toMatch(
      /^plan: no 128-bit parameters carry model "deep" packed: .*; use fewer activations/,
    );
  });

  test("samples of another shape, or none", () => {
    for (const samples of [randomTensor([2, 1, 4, 5], 1), zeros([0, 1, 4, 4])]) {
      expect(refusal(() => planModel(smallModel, { ...given, samples }))).toMatch(
        /^plan: expected samples \[n, 1, 4, 4\], got \[/,
      );
    }
  });

  test.each([[[0, 2]], [[1, 0]], [[]], [[-1]], [[5]], [[0, 0]], [[0.5]]])("layers %p", (layers) => {
    expect(refusal(() => planModel(smallModel, { ...given, layers }))).toMatch(
      /^layers: expected a contiguous range within 0–4/,
    );
  });

  test("an evaluator under other parameters, or a tensor that is laid out otherwise", () => {
    const plan = planModel(smallModel, given);
    expect(refusal(() => encodePlan(new ClearContext(lazyParameters).evaluator, plan))).toMatch(
      /^encodePlan: .*make the contexts with plan.parameters/,
    );
    const context = new ClearContext(parameters);
    using encoded = encodePlan(context.evaluator, plan);
    const [first, second] = encoded.stages;
    const image = randomTensor([1, 1, 4, 4], 1);
    const packed = context.encrypt(image, { packing: "packed", slotLayout: plan.input });
    expect(refusal(() => first(context.encrypt(image, { packing: "batch" })))).toMatch(
      /^stage "conv1\+act1": expected 1×4×4 packed .*got 1×4×4 in packing batch/,
    );
    expect(refusal(() => second(packed))).toMatch(/^stage "pool1\+flat\+fc1": expected 2×2×2 packed/);
    const other = context.encrypt(image, {
      packing: "packed",
      slotLayout: [Array.from({ length: 16 }, (_, i) => 15 - i)],
    });
    expect(refusal(() => first(other))).toMatch(/^stage "conv1\+act1": /);
  });

  test("a slot layout of the right length that is another plan's", () => {
    const plan = planModel(smallModel, given);
    const context = new ClearContext(parameters);
    using encoded = encodePlan(context.evaluator, plan);
    const turned = plan.input.map((held) => Array.from(held).reverse());
    const image = randomTensor([1, 1, 4, 4], 1);
    const laidOut = (slotLayout: SlotLayout) =>
      encoded.stages[0](context.encrypt(image, { packing: "packed", slotLayout }));
    expect(refusal(() => laidOut(turned))).toMatch(
      /^stage "conv1\+act1": slot layout: slot \d+ of ciphertext 0 holds value -?\d+, expected -?\d+ .*of another plan/,
    );
    // Slots behind the last value may be left out, as client specifications do.
    const trimmed = plan.input.map((held) => {
      const values = Array.from(held);
      return values.slice(0, values.findLastIndex((value) => value >= 0) + 1);
    });
    expect(trimmed[0].length).toBeLessThan(plan.input[0].length);
    expect(laidOut(trimmed).shape).toEqual([2, 2, 2]);
  });
});
