import { describe, expect, test } from "@jest/globals";
import { chooseEvaluator, formatChoice } from "../../../src/he-ml/crypto/choose-evaluator.js";
import type { EvaluatorKind } from "../../../src/he-ml/crypto/evaluator-kind.js";
import type { KernelEvaluator } from "../../../src/he-ml/crypto/kernel-evaluator.js";
import { checkParameters } from "../../../src/he-ml/crypto/parameters.js";
import { PublicContext } from "../../../src/he-ml/crypto/public-context.js";
import type { KernelTest } from "../../../src/he-ml/kernels/self-test.js";
import { compile } from "../../../src/he-ml/program/compile.js";
import { explain } from "../../../src/he-ml/program/explain.js";
import { infer } from "../../../src/he-ml/service/infer.js";
import { Server } from "../../../src/he-ml/service/server.js";
import { zeros } from "../../../src/he-ml/tensor/tensor.js";
import { smallModel } from "../layers/small-model.js";

const parameters = checkParameters({
  polyModulusDegree: 1024,
  coeffModulusBits: [50, 55, 48, 60],
  scaleBits: 20,
  security: "teaching",
});
const saying = (result: KernelTest) => () => Promise.resolve(result);
const kinds = ["f64", "i64", "f64", "i64"];

describe("the kernels, by their self-test", () => {
  test("are taken on doubles, as far as primes allow", async () => {
    const choice = await chooseEvaluator(parameters, { usual: "kernel", test: saying({ kind: "f64" }) });
    expect(choice).toEqual({ evaluator: "kernel", kinds, reason: "as planned for; self-test passed" });
    expect(formatChoice(choice)).toBe("kernel (f64, i64)");
  });

  test("are taken on integers where doubles are not to be trusted, and say why", async () => {
    const result = saying({ kind: "i64", reason: "not fused" });
    expect(await chooseEvaluator(parameters, { asked: "kernel", test: result })).toEqual({
      evaluator: "kernel",
      kinds: ["i64", "i64", "i64", "i64"],
      reason: "asked for; not fused",
    });
  });

  test("give way to SEAL where they cannot be used, but are refused where they were asked for", async () => {
    const result = saying({ reason: "no such file" });
    expect(await chooseEvaluator(parameters, { usual: "kernel", test: result })).toEqual({
      evaluator: "seal",
      reason: "the kernels cannot be used: no such file",
    });
    await expect(chooseEvaluator(parameters, { asked: "kernel", test: result })).rejects.toThrow(
      'evaluator "kernel": the kernels cannot be used: no such file; choose "seal", or leave the evaluator out',
    );
  });

  test("are not asked where SEAL computes", async () => {
    const never = () => Promise.reject(new Error("asked"));
    for (const given of [{ asked: "seal" }, { usual: "seal" }, { asked: "seal", usual: "kernel" }] as const) {
      expect(await chooseEvaluator(parameters, { ...given, test: never })).toMatchObject({
        evaluator: "seal",
      });
    }
  });
});

test("the kinds that are told are those that compute", async () => {
  using context = await PublicContext.open(parameters, { evaluator: "kernel" });
  expect((context.evaluator as KernelEvaluator).ring.kinds).toEqual(kinds);
  expect((await chooseEvaluator(parameters, { asked: "kernel" })).kinds).toEqual(kinds);
});

const planned = (evaluator: EvaluatorKind) =>
  compile(smallModel, { packing: "batch", parameters, evaluator });
const images = zeros([1, ...smallModel.inputShape]);

test.each(["seal", "kernel"] as const)(
  "what was planned for %s computes, and traces and reports say so",
  async (evaluator) => {
    const program = await planned(evaluator);
    const report = await infer(program, images);
    expect(report.evaluator).toMatchObject({ evaluator });
    expect(report.evaluator.kinds?.length).toBe(
      evaluator === "kernel" ? program.parameters.coeffModulus.length : undefined,
    );
    expect(report.layers.map((trace) => trace.evaluator)).toEqual(report.layers.map(() => evaluator));
    expect(explain(program).evaluator).toBe(evaluator);
  },
);

test("another is taken where it is asked for", async () => {
  const program = await planned("seal");
  await using server = await Server.start(program, { evaluator: "kernel" });
  expect(server.evaluator).toMatchObject({ evaluator: "kernel", reason: "asked for; self-test passed" });
  const report = await infer(program, images, { evaluator: "kernel" });
  expect(report.layers[0].evaluator).toBe("kernel");
});

test("one that there is not is refused in one line", async () => {
  const program = await planned("seal");
  const evaluator = "gpu" as EvaluatorKind;
  await expect(infer(program, images, { evaluator })).rejects.toThrow(
    'infer: evaluator: expected "seal" or "kernel", got "gpu"',
  );
  await expect(Server.start(program, { evaluator })).rejects.toThrow(/^server: options: evaluator: /);
});
