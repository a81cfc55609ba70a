import { expect, test } from "@jest/globals";
import { loadedKeyBytes } from "../../../src/he-ml/crypto/rotation-keys.js";
import { InputError } from "../../../src/he-ml/errors.js";
import { compile } from "../../../src/he-ml/program/compile.js";
import { Program } from "../../../src/he-ml/program/program.js";
import { planModel, type Plan } from "../../../src/he-ml/planner/plan.js";
import { typicalCosts } from "../../../src/he-ml/planner/search/costs.js";
import { infer } from "../../../src/he-ml/service/infer.js";
import { Server } from "../../../src/he-ml/service/server.js";
import { smallModel } from "../layers/small-model.js";
import { lazyParameters, randomTensor, rejectedBy } from "../support.js";

const plan = planModel(smallModel, { parameters: lazyParameters });

const refusal = async (work: () => Promise<unknown>): Promise<string> => {
  const error = await rejectedBy(work);
  expect(error).toBeInstanceOf(InputError);
  return (error as Error).message;
};

test("a server without room for one client's keys does not start, and says how much it takes", async () => {
  const packed = Program.ofPlan(plan);
  const bytes = loadedKeyBytes(packed.parameters, packed.clientSpec);
  expect(await refusal(() => Server.start(packed, { mostKeyBytes: bytes - 1 }))).toMatch(
    new RegExp(
      `^server: one client's keys \\(.* for rotations\\) take .* MB in memory, .*\\{ mostKeyBytes: ${bytes} \\} or more, or ` +
        `compile the model in packing batch`,
    ),
  );
  await (await Server.start(packed, { mostKeyBytes: bytes })).close();
  const batch = await compile(smallModel, {
    packing: "batch",
    parameters: lazyParameters,
    costs: typicalCosts,
  });
  expect(await refusal(() => Server.start(batch, { mostKeyBytes: 1 }))).toMatch(/ or more$/);
});

test("infer refuses it before keys are made", async () => {
  const { levels } = lazyParameters;
  // As many rotation keys as outgrow the 2 GiB that a server has: 20,000 of some 200 kB.
  const many: Plan = {
    ...plan,
    rotations: Array.from({ length: 20_000 }, (_, i) => ({ step: 1 + (i % 511), level: levels })),
  };
  const steps: string[] = [];
  const onProgress = (step: string) => void steps.push(step);
  expect(
    await refusal(() => infer(Program.ofPlan(many), randomTensor([1, 1, 4, 4], 1), { onProgress })),
  ).toMatch(
    /^infer: one client's keys \(20000 of them for rotations\) take \d+ MB in memory, and .* 2147 MB/,
  );
  expect(steps).toEqual([]);
});
