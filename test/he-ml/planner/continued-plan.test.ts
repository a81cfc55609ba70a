import { describe, expect, test } from "@jest/globals";
import { checkParameters } from "../../../src/he-ml/crypto/parameters.js";
import { InputError } from "../../../src/he-ml/errors.js";
import { linearLayer } from "../../../src/he-ml/model/linear.js";
import { defineModel } from "../../../src/he-ml/model/model.js";
import { polynomialLayer } from "../../../src/he-ml/model/polynomial.js";
import { explain } from "../../../src/he-ml/program/explain.js";
import { oneSlotEach } from "../../../src/he-ml/program/client-spec.js";
import { planHead, startAfter } from "../../../src/he-ml/planner/plan-head.js";
import type { PlanStart } from "../../../src/he-ml/planner/plan-start.js";
import { planModel, type PlanOptions } from "../../../src/he-ml/planner/plan.js";
import { smallModel } from "../layers/small-model.js";
import { lazyParameters, randomTensor, thrownBy } from "../support.js";
import { longChain, programsOf } from "./plan-checks.js";
import { checkParts, planParts } from "./head-and-rest.js";

const given = { parameters: checkParameters(longChain(1024)), mostInputCiphertexts: 16 };

// Random networks, wide ones, chosen parameters: see continued-plan.slow.ts.
test.each([0, 1, 2, 3])(
  "a head that ends with layer %d, and what goes on from it, give the plain result on the clear twin",
  (cut) => {
    const parts = planParts(smallModel, [cut], given);
    expect(parts.map(({ continues }) => continues)).toEqual([false, true]);
    expect(parts[1].stages.at(-1)!.predictedError).toBeLessThan(1e-6);
    checkParts(parts);
  },
);

describe("a plan that goes on", () => {
  const [head, rest] = planParts(smallModel, [0], given);

  test("starts where the one before ends", () => {
    const fresh = { level: head.parameters.levels, scale: 2 ** head.parameters.scaleBits };
    expect(head).toMatchObject({ start: fresh, outputShape: [2, 2, 2] });
    expect(rest).toMatchObject({ start: head.end, input: head.stages.at(-1)!.output, inputShape: [2, 2, 2] });
  });

  test("is explained from where it starts, with what its ciphertexts take there", () => {
    const [before, program] = programsOf([head, rest]);
    const { stages, bytes } = explain(program);
    const scaleBits = Math.log2(head.end.scale);
    expect(stages[0].before).toEqual({ level: head.end.level, scaleBits });
    expect(bytes.input).toBe(explain(before).bytes.output);
  });

  test("needs rotations for its own layers only, as its head does", () => {
    const whole = planModel(smallModel, { ...given, splitAfter: [0] });
    expect(head.rotations.length).toBeLessThan(whole.rotations.length);
    expect(planHead(whole, 4)).toEqual(whole);
  });

  test("keeps more room where more may be left over in slots that hold no value", () => {
    const layers = [1, 2, 3, 4];
    const [chosen] = planParts(smallModel, [0]);
    const start = { ...startAfter(chosen), slotLayout: oneSlotEach(chosen.stages.at(-1)!.output, 8) };
    const [usual, roomy] = [1, 2 ** 6].map((most) =>
      planModel(smallModel, { layers, start: { ...start, leftovers: [-most, most] } }),
    );
    expect(roomy.stages.at(-1)!.predictedError).toBeGreaterThan(usual.stages.at(-1)!.predictedError);
  });

  test("takes polynomials of higher degree, and the scales of the parameters for them", () => {
    const layers = [
      linearLayer({ name: "fc0", weights: randomTensor([4, 4], 1) }),
      polynomialLayer({ name: "cubic", coefficients: [0, 0.8, 0, -0.1] }),
      linearLayer({ name: "fc1", weights: randomTensor([2, 4], 2) }),
    ];
    const model = defineModel({ name: "cubic", inputShape: [4], layers });
    for (const cut of [0, 1]) checkParts(planParts(model, [cut], given));
  });
});

describe("refused with one line that says what would do:", () => {
  const [head] = planParts(smallModel, [1], { parameters: lazyParameters });
  const start = startAfter(head);
  const refusal = (other: Partial<PlanStart>, options: PlanOptions = {}): string => {
    const layers = [2, 3, 4];
    const error = thrownBy(() =>
      planModel(smallModel, { layers, start: { ...start, ...other }, ...options }),
    );
    expect(error).toBeInstanceOf(InputError);
    expect((error as InputError).message).not.toContain("\n");
    return (error as InputError).message;
  };

  test("a layout of another size", () => {
    expect(refusal({}, { layers: [0, 1] })).toMatch(
      /^plan: start: slot layout: value 8 of 16 lies in no slot; give the output layout .*\[1, 4, 4\]$/,
    );
    expect(refusal({}, { layers: [4] })).toMatch(
      /^plan: start: slot layout: expected positions from 0 to 1,/,
    );
    expect(refusal({ slotLayout: [new Int32Array(513)] })).toMatch(/expected at most 512 slots .*, got 513/);
    expect(refusal({ slotLayout: [] })).toMatch(/expected at least one ciphertext, got none/);
  });

  test.each([4, 0, 1.5])("level %p", (level) => {
    expect(refusal({ level })).toMatch(
      /^plan: start: expected a level from 1 to 3 of \[50, 60, 48 \| 60\], got/,
    );
  });

  test.each([[2 ** 120], [0], [-1], [NaN], [Infinity]])("scale %p", (scale) => {
    expect(refusal({ scale })).toMatch(
      /^plan: start: expected a scale within the 110 bits left at level 2 of .*, got/,
    );
  });

  test("an error or leftovers that are none", () => {
    expect(refusal({ predictedError: -1 })).toMatch(
      /^plan: start: expected a predicted error of 0 or more, got -1;/,
    );
    expect(refusal({ leftovers: [1, -1] })).toMatch(
      /^plan: start: expected leftovers \[least, largest\], got \[1, -1\];/,
    );
  });

  test("parameters beside it that have another chain", () => {
    expect(refusal({}, { parameters: given.parameters })).toMatch(
      /^plan: expected parameters with the start's chain \[50, 60, 48 \| 60\], got .*; leave the parameters out$/,
    );
    planModel(smallModel, { layers: [2, 3, 4], start, parameters: lazyParameters });
  });

  test("a start with too few primes left, naming the stage", () => {
    expect(refusal({ level: 1, scale: 2 ** 42 })).toMatch(
      /^plan: stage "pool1\+flat\+fc1" needs \d+ bits at level 1 with the smallest weights, .* has 50 left there; start at/,
    );
    const whole = {
      ...startAfter(planHead(planModel(smallModel, { ...given, splitAfter: [0] }), 0)),
      level: 1,
    };
    const error = thrownBy(() => planModel(smallModel, { layers: [1, 2, 3, 4], start: whole }));
    expect((error as Error).message).toMatch(/^plan: stage "act1" needs \d+ bits at level 1 /);
  });

  test("a head that ends within a stage", () => {
    const error = thrownBy(() => planHead(planModel(smallModel, given), 2));
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toBe(
      "planHead: expected a layer that a stage ends with (1, 4), got 2; plan with splitAfter: [2]",
    );
  });
});
