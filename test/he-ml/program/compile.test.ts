import { describe, expect, test } from "@jest/globals";
import { InputError } from "../../../src/he-ml/errors.js";
import { typicalCosts } from "../../../src/he-ml/planner/search/costs.js";
import { compile, type CompileOptions } from "../../../src/he-ml/program/compile.js";
import { explain } from "../../../src/he-ml/program/explain.js";
import { Program } from "../../../src/he-ml/program/program.js";
import { defineModel } from "../../../src/he-ml/model/model.js";
import { flattenLayer } from "../../../src/he-ml/model/flatten.js";
import { linearLayer } from "../../../src/he-ml/model/linear.js";
import { polynomialLayer } from "../../../src/he-ml/model/polynomial.js";
import { smallModel } from "../layers/small-model.js";
import { tensor } from "../../../src/he-ml/tensor/tensor.js";
import { lazyParameters, randomTensor, rejectedBy, thrownBy } from "../support.js";
import { runOnTwin } from "../planner/plan-checks.js";
import { checkRange, compiled } from "./compile.js";

const packed = await compiled();
const chosenByItself = compile(smallModel, { costs: typicalCosts });

const refusal = async (options: CompileOptions, model = smallModel): Promise<string> => {
  const error = await rejectedBy(() => compiled(options, model));
  expect(error).toBeInstanceOf(InputError);
  expect((error as Error).message).not.toContain("\n");
  return (error as Error).message;
};

describe("compile", () => {
  test("packs if nothing else is asked for, and takes the model's own parameters layer by layer", async () => {
    const { packing, parameters } = await chosenByItself;
    expect(packing).toBe("packed");
    expect(parameters.security).toBe(128);
    const own = { polyModulusDegree: 8192, coeffModulusBits: [50, 60, 48, 60], scaleBits: 21 };
    const model = defineModel({ ...smallModel, parameters: own });
    const batch = await compile(model, { packing: "batch", costs: typicalCosts });
    expect(batch.parameters).toMatchObject(own);
    const chosen = await compile(smallModel, { packing: "batch", costs: typicalCosts });
    expect(chosen.parameters.coeffModulusBits).toEqual([60, 40, 40, 40, 60]);
  });

  test("takes the model's own ranges of values", async () => {
    const wide = [{ name: "act1", min: 0, max: 2 ** 30 }];
    const own = await compile(defineModel({ ...smallModel, valueRanges: wide }), { costs: typicalCosts });
    expect(own.digest).not.toBe((await chosenByItself).digest);
  });

  // Every packing cut at every place: see compile.slow.ts.
  test("a range leaves room in the modulus for the rest, which goes on from it", async () => {
    await checkRange("packed", 2);
    await checkRange("batch", 3);
  });

  test("is told in advance, in every packing", async () => {
    for (const packing of ["packed", "batch", "scalar"] as const) {
      const explanation = explain(await compiled({ packing }));
      expect(explanation.stages.flatMap(({ modelLayers }) => modelLayers)).toEqual([0, 1, 2, 3, 4]);
      expect(explanation.totals.predictedMilliseconds).toBeGreaterThan(0);
      expect(explanation.bytes.evaluationKeys).toBeGreaterThan(explanation.bytes.output);
    }
  });
});

describe("compile refuses", () => {
  test("what does not fit, by name", async () => {
    const first = await compiled({ layers: [0, 1] });
    const input = first.clientSpec.output;
    expect(await refusal({ packing: "dense" as never })).toMatch(
      /packing scalar or batch or packed, got dense/,
    );
    expect(await refusal({ layers: [0, 2] })).toMatch(/contiguous/);
    expect(await refusal({ layers: [9] })).toMatch(/contiguous/);
    expect(await refusal({ input, layers: [3, 4] })).toMatch(
      /layers from 3 on take 2×1×1, the input is 2×2×2 for layer 2/,
    );
    expect(await refusal({ input, packing: "batch" })).toMatch(/comes in packing packed, expected batch/);
    expect(await refusal({ input, parameters: { ...lazyParameters, scaleBits: 21 } })).toMatch(
      /other parameters/,
    );
    expect(await refusal({ input: { ...input, nextLayer: 0 } })).toMatch(/checksum/);
    expect(await refusal({ input: (await compiled()).clientSpec.output })).toMatch(/nothing is left/);
    expect(await refusal({ packing: "batch", fuse: false })).toMatch(/fuse is for packing packed/);
    expect(await refusal({ splitAfter: [9] })).toMatch(/splitAfter: expected layers within 0–4, got 9/);
    expect(await refusal({ relativeError: 1e-12 })).toMatch(/expected a relativeError of 1e-12 .*, got /);
    expect(await refusal({ reencryptPositions: [9] })).toMatch(/layers within 0–4, got 9/);
    expect(await refusal({ reencryptPositions: [2], layers: [1, 2, 3] })).toMatch(
      /afresh before layer 2, so one program computes layers 1–1 at most, got 1–3; .*compileParts/,
    );
    expect(await refusal({ parameters: { ...lazyParameters, security: 128 } })).toMatch(/128-bit/);
  });

  test("a chain that the first program used up, and says what to do", async () => {
    const short = { ...lazyParameters, coeffModulusBits: [40, 40, 40], scaleBits: 20, weightScaleBits: 15 };
    const first = await compiled({ packing: "batch", layers: [0, 1], parameters: short });
    expect(await refusal({ input: first.clientSpec.output, parameters: undefined })).toMatch(
      /"fc1".*give the program before it parameters with more primes/,
    );
  });
});

describe("a program as JSON", () => {
  const cubic = defineModel({
    name: "cubic",
    inputShape: [4],
    layers: [
      linearLayer({ name: "fc0", weights: randomTensor([4, 4], 1) }),
      polynomialLayer({ name: "cubic", coefficients: [0, 0.8, 0, -0.1] }),
      linearLayer({ name: "fc1", weights: randomTensor([2, 4], 2), bias: randomTensor([2], 3) }),
    ],
  });
  const long = { ...lazyParameters, coeffModulusBits: [60, 40, 40, 40, 40, 40, 60], scaleBits: 40 };
  const travelled = (program: Program) => JSON.parse(JSON.stringify(program)) as Record<string, never>;

  test.each<[string, CompileOptions, typeof smallModel]>([
    ["packed", {}, smallModel],
    ["a stage for each layer", { fuse: false }, smallModel],
    ["of polynomials", { parameters: long }, cubic],
    ["batch", { packing: "batch" }, smallModel],
    ["of a range", { packing: "scalar", layers: [2, 3] }, smallModel],
  ])("%s is taken up as it was", async (_, options, model) => {
    const program = await compiled(options, model);
    const again = Program.fromJSON(travelled(program));
    expect(again.digest).toBe(program.digest);
    expect(again.clientSpec).toEqual(program.clientSpec);
    expect(explain(again).stages).toEqual(explain(program).stages);
    if (program.plan) expect(runOnTwin(again.plan!).output).toEqual(runOnTwin(program.plan).output);
  });

  test("that goes on with another's output is taken up as it was", async () => {
    const first = await compiled({ layers: [0, 1] });
    const rest = await compiled({ parameters: undefined, input: first.clientSpec.output });
    expect(Program.fromJSON(travelled(rest)).clientSpec).toEqual(rest.clientSpec);
  });

  test("a small weight of another row than the large ones that was changed is found", async () => {
    const weights = tensor([2, 4], [1e7, -1e7, 2e7, 3e7, 0.1, 0.2, 0.3, 0.4]);
    const layers = [flattenLayer({}), linearLayer({ weights })];
    const model = defineModel({ name: "wide", inputShape: [1, 2, 2], layers });
    const parameters = {
      ...lazyParameters,
      coeffModulusBits: [60, 40, 40, 60],
      scaleBits: 40,
      weightScaleBits: 30,
    };
    const wide = await compiled({ fuse: false, splitAfter: [0], parameters }, model);
    const json = travelled(wide) as unknown as Json;
    const stage = json.plan.stages.at(-1)!.transform as { map: { weights: string } };
    const held = new Float64Array(Uint8Array.from(Buffer.from(stage.map.weights, "base64")).buffer);
    held.set(
      held.slice(4).map((value) => -value),
      4,
    );
    stage.map.weights = Buffer.from(held.buffer).toString("base64");
    expect(String(thrownBy(() => Program.fromJSON(json)))).toMatch(/does not hold value/);
    const unfused = travelled(wide) as unknown as Json;
    const [first] = unfused.plan.stages;
    first.output = [...(first.output as string[]), (first.output as string[])[0]];
    expect(thrownBy(() => Program.fromJSON(unfused))).toBeInstanceOf(InputError);
  });

  type Json = { plan: { stages: Record<string, unknown>[]; input: string[] }; model: { layers: object[] } };
  const changed = (change: (json: Json) => unknown): string => {
    const json = travelled(packed) as unknown as Json;
    const error = thrownBy(() => Program.fromJSON(change(json) ?? json));
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).not.toContain("\n");
    return (error as Error).message;
  };
  const slots = (text: string) => new Int32Array(Uint8Array.from(Buffer.from(text, "base64")).buffer);
  const text = (numbers: Int32Array) => Buffer.from(numbers.buffer).toString("base64");

  test.each<[string, (json: Json) => unknown, RegExp]>([
    ["nothing", () => 5, /the whole/],
    ["an unknown field", (json) => ({ ...json, extra: 1 }), /extra/],
    [
      "an unknown kind of layer",
      (json) => void (json.model.layers[1] = { kind: "tanh", name: "t" }),
      /layers\.1/,
    ],
    ["another version", (json) => ({ ...json, version: 2 }), /version/],
    ["a digest of another", (json) => ({ ...json, digest: "0".repeat(64) }), /does not have the digest/],
    [
      "a prediction of another",
      ({ plan }) => void (plan.stages[0].predictedError = 0),
      /does not have the checksum/,
    ],
    [
      "a bias that is no number",
      ({ plan: { stages } }) => {
        const { map } = stages[0].transform as { map: { bias: string } };
        const bias = new Float64Array(slots(map.bias).length / 2).fill(NaN);
        map.bias = Buffer.from(bias.buffer).toString("base64");
      },
      /stage "conv1\+act1": its bias is not that of its layers/,
    ],
    [
      "an output layout of the right length that is another",
      ({ plan: { stages } }) => {
        const [first, ...rest] = stages[0].output as string[];
        stages[0].output = [text(slots(first).reverse()), ...rest];
      },
      /stage "conv1\+act1": slot \d+ of ciphertext 0 does not hold value \d+, as its layout says/,
    ],
    [
      "an input layout of the right length that is another",
      ({ plan }) => void (plan.input[0] = text(slots(plan.input[0]).reverse())),
      /does not hold value/,
    ],
    [
      "a rotation by one slot more",
      ({ plan: { stages } }) => {
        const { diagonals } = stages[1].transform as { diagonals: { baby: number; giant: number }[] };
        diagonals[0].giant += 1;
      },
      /does not hold value/,
    ],
    [
      "an entry that there is not",
      ({ plan: { stages } }) => {
        const { diagonals } = stages[1].transform as { diagonals: { entries: string }[] };
        diagonals[0].entries = text(slots(diagonals[0].entries).fill(1e6));
      },
      /does not hold together/,
    ],
    [
      "an output ciphertext twice",
      ({ plan: { stages } }) => {
        const output = stages[1].output as string[];
        output.push(output[0]);
      },
      /does not hold together/,
    ],
    ["a level that there is not", ({ plan }) => void (plan.stages[0].level = 9), /starts at level 9/],
    ["weights that are no numbers", ({ plan }) => void (plan.stages[0].output = ["&"]), /stages\.0\.output/],
    [
      "stages of other layers",
      ({ plan }) => void plan.stages.pop(),
      /its stages are not the program's layers/,
    ],
  ])("is refused by name with %s", (_, change, message) => {
    expect(changed(change)).toMatch(message);
  });
});
