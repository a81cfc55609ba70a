import { ClearContext } from "../../../src/he-ml/crypto/clear-context.js";
import { forward } from "../../../src/he-ml/layers/forward.js";
import type { LayerTrace } from "../../../src/he-ml/layers/trace.js";
import { buildFromModel } from "../../../src/he-ml/program/build-from-model.js";
import { encodePlan } from "../../../src/he-ml/program/encode-plan.js";
import { explain } from "../../../src/he-ml/program/explain.js";
import { Program } from "../../../src/he-ml/program/program.js";
import { planModel } from "../../../src/he-ml/planner/plan.js";
import { smallModel } from "../../he-ml/layers/small-model.js";
import { lazyParameters, randomTensor } from "../../he-ml/support.js";

/** One of each plain value of the library, from a run of the small model on the clear twin. */
export async function clearRun() {
  const context = new ClearContext(lazyParameters);
  const images = randomTensor([2, 1, 4, 4], 7);
  const layers = buildFromModel(context.evaluator, smallModel);
  const input = context.encrypt(images, { packing: "batch" });
  const run = forward(layers, input, {
    twin: { input: images, decrypt: (tensor) => context.decrypt(tensor) },
  });
  const traces: LayerTrace[] = [];
  for (let step = await run.next(); !step.done; step = await run.next()) traces.push(step.value);
  return { context, images, layers, input, traces };
}

/** The small model planned for packed inference, explained and encoded for the clear twin. */
export function clearPlan() {
  const plan = planModel(smallModel, { parameters: lazyParameters });
  const encoded = encodePlan(new ClearContext(lazyParameters).evaluator, plan);
  const program = Program.ofPlan(plan);
  return { plan, encoded, program, explanation: explain(program), spec: program.clientSpec };
}

/** Rows of a bundle's text form as lists of cells, without the lines around them. */
export function textCells(bundle: Record<string, unknown> | undefined): string[][] {
  return String(bundle?.["text/plain"])
    .split("\n")
    .filter((line) => line.startsWith("│"))
    .map((line) =>
      line
        .slice(1, -1)
        .split("│")
        .map((cell) => cell.trim()),
    );
}

/** A table of facts as an object: each row's first cell names its second. */
export function facts(bundle: Record<string, unknown> | undefined): Record<string, string> {
  return Object.fromEntries(textCells(bundle).map(([name, value]) => [name, value]));
}
