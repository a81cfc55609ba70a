import { expect, test } from "@jest/globals";
import { digestOf } from "../../../src/he-ml/program/digest.js";
import { compile } from "../../../src/he-ml/program/compile.js";
import { explain } from "../../../src/he-ml/program/explain.js";
import { Program } from "../../../src/he-ml/program/program.js";
import { planHead } from "../../../src/he-ml/planner/plan-head.js";
import { planModel, type Plan } from "../../../src/he-ml/planner/plan.js";
import { typicalCosts } from "../../../src/he-ml/planner/search/costs.js";
import { isTooWide } from "../../../src/he-ml/service/gaps.js";
import { infer } from "../../../src/he-ml/service/infer.js";
import { smallModel } from "../layers/small-model.js";
import { lazyParameters, randomTensor, rejectedBy, thrownBy } from "../support.js";

const asked = 0.05;
const program = await compile(smallModel, { relativeError: asked, costs: typicalCosts });
const json = () =>
  JSON.parse(JSON.stringify(program)) as {
    readonly plan: { readonly relativeError: number };
    readonly checksum: string;
  };

test("a program knows the error that was asked for, also from JSON, as a head, and with other weights", async () => {
  expect(program.relativeError).toBe(asked);
  expect(explain(program).relativeError).toBe(asked);
  expect(Program.fromJSON(json()).relativeError).toBe(asked);
  expect(planHead(program.plan!, 1).relativeError).toBe(asked);
  const retrained = await compile(smallModel, { keysOf: program });
  expect(retrained.relativeError).toBe(asked);
});

test("where nothing was asked for, or written by those that did not know of it, it is 1 %", async () => {
  const batch = await compile(smallModel, {
    packing: "batch",
    parameters: lazyParameters,
    costs: typicalCosts,
  });
  expect([batch.relativeError, explain(batch).relativeError]).toEqual([0.01, 0.01]);
  const { checksum, ...rest } = json();
  expect(checksum).toBe(digestOf(rest));
  const { relativeError, ...plan } = rest.plan;
  expect(relativeError).toBe(asked);
  const older = { ...rest, plan };
  expect(Program.fromJSON({ ...older, checksum: digestOf(older) }).relativeError).toBe(0.01);
  const wrong = { ...rest, checksum, plan: { ...rest.plan, relativeError: 0 } };
  expect(String(thrownBy(() => Program.fromJSON(wrong)))).toMatch(/plan\.relativeError/);
});

test("it holds for a program that goes on with another one's output, given there or handed on", async () => {
  const costs = typicalCosts;
  const head = planHead(planModel(smallModel, { parameters: lazyParameters, splitAfter: [1] }), 1);
  const outputOf = (plan: Plan) => Program.ofPlan(plan).clientSpec.output;
  const input = outputOf({ ...head, relativeError: asked });
  const handedOn = await compile(smallModel, { input, costs });
  expect(handedOn.relativeError).toBe(asked);
  expect(explain(handedOn).relativeError).toBe(asked);
  expect(Program.fromJSON(JSON.parse(JSON.stringify(handedOn))).relativeError).toBe(asked);
  expect((await compile(smallModel, { input, relativeError: 0.5, costs })).relativeError).toBe(0.5);
  const refused =
    /^InputError: plan: expected a relativeError of 1e-9 at the end of stage ".*", got .* in a trial/;
  expect(String(await rejectedBy(() => compile(smallModel, { input, relativeError: 1e-9, costs })))).toMatch(
    refused,
  );
  const strict = outputOf({ ...head, relativeError: 1e-9 });
  expect(String(await rejectedBy(() => compile(smallModel, { input: strict, costs })))).toMatch(refused);
  // What is usual is not written, so that specifications stay as they were; and it is in no digest, as keys stay good.
  expect(JSON.parse(JSON.stringify(outputOf(head)))).not.toHaveProperty("relativeError");
  expect(outputOf(head).program).toBe(input.program);
  expect((await compile(smallModel, { input: outputOf(head), costs })).relativeError).toBe(0.01);
});

test("infer holds results against it", async () => {
  const plan = planModel(smallModel, { parameters: lazyParameters });
  const images = randomTensor([1, 1, 4, 4], 5);
  for (const relativeError of [asked, 1e-15]) {
    const { gaps } = await infer(Program.ofPlan({ ...plan, relativeError }), images);
    expect(gaps.encrypted.allowed).toBe(relativeError);
    expect(isTooWide(gaps.encrypted)).toBe(relativeError < asked);
  }
});
