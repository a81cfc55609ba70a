import { expect } from "@jest/globals";
import { readFile, writeFile } from "node:fs/promises";
import { compile, explain, loadModel, typicalCosts, type Model } from "../../../src/he-ml/node/index.js";
import { evaluatorKinds, type EvaluatorKind } from "../../../src/he-ml/crypto/evaluator-kind.js";
import { benchNetworks } from "../../../src/he-ml/service/bench-networks.js";

const file = new URL("../../vectors/plans.json", import.meta.url);
const howToUpdate =
  "If it was meant to, write the new plans down with npm run update:golden, and say in the commit's message why they changed.";

/** What a plan costs and what it promises: whoever changes one of these numbers changes every client's run. */
async function planned(model: Model, evaluator: EvaluatorKind) {
  const program = await compile(model, { evaluator, costs: typicalCosts });
  const { parameters, stages, totals, rotationSteps, bytes } = explain(program);
  return {
    parameters,
    rotate: totals.ops.rotate,
    multiplyPlain: totals.ops.multiplyPlain,
    rotationKeys: rotationSteps.length,
    bytes,
    stages: stages.map(({ name, before, level, scaleBits, diagonals, ops }) => ({
      ...{ name, levels: [before.level, level], scaleBits: Number(scaleBits.toFixed(3)) },
      ...{ diagonals, rotate: ops.rotate, multiplyPlain: ops.multiplyPlain, rescale: ops.rescale },
    })),
  };
}

/** The bench network of this name, or else the committed model. */
const findModel = async (name: string): Promise<Model> =>
  benchNetworks().find((network) => network.name === name) ?? (await loadModel(name));

/**
 * Checks that these models are planned as test/vectors/plans.json says, for each evaluator; with HE_ML_UPDATE_GOLDEN, writes
 * them down.
 */
export async function checkPlans(names: readonly string[]): Promise<void> {
  const plans: Record<string, unknown> = {};
  for (const evaluator of evaluatorKinds) {
    for (const name of names) {
      const plan = await planned(await findModel(name), evaluator);
      plans[evaluator === "seal" ? name : `${name}, ${evaluator}`] = plan;
    }
  }
  if (process.env.HE_ML_UPDATE_GOLDEN) await writeFile(file, `${JSON.stringify(plans, undefined, 2)}\n`);
  const golden = JSON.parse(await readFile(file, "utf8")) as Record<string, unknown>;
  try {
    expect(plans).toEqual(Object.fromEntries(Object.keys(plans).map((name) => [name, golden[name]])));
  } catch (error) {
    (error as Error).message += `\n\nA plan differs from test/vectors/plans.json. ${howToUpdate}`;
    throw error;
  }
}
