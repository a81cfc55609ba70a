import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import {
  InputError,
  Program,
  compile,
  defineModel,
  explain,
  linearLayer,
  planModel,
  squareLayer,
  typicalCosts,
  type CompileOptions,
} from "../../../src/he-ml/node/index.js";
import { checkParameters } from "../../../src/he-ml/crypto/parameters.js";
import { defaultEvaluator, kernelPrimes } from "../../../src/he-ml/crypto/evaluator-kind.js";
import { millisecondsOf } from "../../../src/he-ml/planner/search/costs.js";
import { smallModel } from "../layers/small-model.js";
import { lazyParameters, randomTensor, rejectedBy } from "../support.js";
import { checkPlan, longChain } from "./plan-checks.js";
import { networks } from "./random-networks.js";

const [{ mostBits: fastest }] = kernelPrimes;

const forKernel = (options: CompileOptions = {}) =>
  compile(smallModel, { evaluator: "kernel", costs: typicalCosts, ...options });
const program = await forKernel();

/** Dense, with folds that are worth being made at once. */
const dense = defineModel({
  name: "dense",
  inputShape: [64],
  layers: [
    linearLayer({ name: "fc1", weights: randomTensor([32, 64], 1) }),
    squareLayer({ name: "square1" }),
    linearLayer({ name: "fc2", weights: randomTensor([4, 32], 2) }),
  ],
});
const densePlan = planModel(dense, { evaluator: "kernel" });

describe("a plan for the kernel evaluator", () => {
  test.each([
    ["small", program.plan!],
    ["dense", densePlan],
  ])("computes what the layers do, of %s", (_, plan) => checkPlan(plan, 0.05));

  // Many more, and larger ones: see plan.slow.ts.
  test("computes what the layers do, of random networks", () => {
    const parameters = checkParameters(longChain(1024));
    fc.assert(
      fc.property(networks(), (model) =>
        checkPlan(planModel(model, { parameters, evaluator: "kernel", mostInputCiphertexts: 16 })),
      ),
      { seed: 57, numRuns: 5, endOnFailure: true },
    );
  });

  test("has primes that are fast, where they are precise enough", () => {
    expect(Math.max(...program.parameters.coeffModulusBits)).toBeLessThanOrEqual(fastest);
    const seal = planModel(smallModel, { evaluator: "seal" });
    expect(Math.max(...seal.parameters.coeffModulusBits)).toBeGreaterThan(fastest);
  });

  test.each([3e-3, 1e-5])(
    "is as precise as asked for: %p, with larger primes or more of them",
    (relativeError) => {
      const precise = planModel(dense, { evaluator: "kernel", relativeError });
      const [{ levels }, { levels: more, coeffModulusBits }] = [densePlan.parameters, precise.parameters];
      const large = coeffModulusBits.filter((bits) => bits > fastest);
      expect([large.length, more]).toEqual(relativeError === 3e-3 ? [3, levels] : [0, levels + 2]);
      const last = precise.stages.at(-1)!;
      expect(6.5 * last.predictedError).toBeLessThan(1.5 * relativeError * last.largestOutput);
    },
  );

  test("adds up folds at once", () => {
    const [seal, kernel] = [planModel(dense, { evaluator: "seal" }), densePlan].map(({ stages }) =>
      stages.flatMap(({ transform }) => transform!.folds),
    );
    expect(Math.max(...seal.map(({ length }) => length))).toBe(1);
    expect(Math.max(...kernel.map(({ length }) => length))).toBe(3);
  });

  test("is predicted to take less than its operations would, shared by none", () => {
    const { stages, totals } = explain(program);
    const unshared = stages.reduce(
      (sum, { before, ops }) => sum + millisecondsOf(program.costs!, before.level, ops),
      0,
    );
    expect(totals.predictedMilliseconds).toBeLessThan(0.95 * unshared);
  });
});

describe("programs keep what they were planned for", () => {
  test("and every stage of one that is read again is proved", () => {
    const again = Program.fromJSON(JSON.parse(JSON.stringify(program)));
    expect([again.evaluator, again.plan!.evaluator]).toEqual(["kernel", "kernel"]);
    expect(explain(again)).toEqual(explain(program));
    expect(again.toJSON()).toEqual(program.toJSON());
  });

  test("SEAL is nothing that has to be said", async () => {
    const options = { evaluator: "seal", costs: typicalCosts, parameters: lazyParameters } as const;
    const json = (await compile(smallModel, options)).toJSON();
    expect(json).not.toHaveProperty("evaluator");
    expect(Program.fromJSON(JSON.parse(JSON.stringify(json))).evaluator).toBe("seal");
  });

  test("one that nobody named is the default", async () => {
    const options = { costs: typicalCosts, parameters: lazyParameters };
    expect((await compile(smallModel, options)).evaluator).toBe(defaultEvaluator);
  });

  test("weights that were trained again do not change it", async () => {
    const again = await compile(smallModel, { keysOf: program });
    expect([again.evaluator, again.costs]).toEqual(["kernel", program.costs]);
    const error = await rejectedBy(() => compile(smallModel, { keysOf: program, evaluator: "kernel" }));
    expect(String(error)).toMatch(/evaluator is that of the program in keysOf; leave it out/);
  });

  test("layer by layer, too", async () => {
    const batch = await forKernel({ packing: "batch" });
    expect(Program.fromJSON(JSON.parse(JSON.stringify(batch))).evaluator).toBe("kernel");
    const { polyModulusDegree, levels } = batch.parameters;
    expect(batch.costs!.square[0]).toBeLessThan(typicalCosts(polyModulusDegree, levels, "seal").square[0]);
  });

  test("an evaluator that there is none of is refused", async () => {
    const error = await rejectedBy(() => compile(smallModel, { evaluator: "lattigo" as "kernel" }));
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toMatch(/^compile: options: evaluator: .*"seal"\|"kernel"/);
  });
});
