import { expect } from "@jest/globals";
import { PublicContext, keyBytes } from "../../../src/he-ml/crypto/public-context.js";
import { SecretContext } from "../../../src/he-ml/crypto/secret-context.js";
import { byteLength, type SerializedTensor } from "../../../src/he-ml/crypto/encrypted-tensor.js";
import { collect, forward } from "../../../src/he-ml/layers/forward.js";
import type { LayerTrace } from "../../../src/he-ml/layers/trace.js";
import { encodePlan } from "../../../src/he-ml/net-builder/encode-plan.js";
import { explainPlan, type StageExplanation } from "../../../src/he-ml/net-builder/explain.js";
import { clientSpec } from "../../../src/he-ml/planner/client-spec.js";
import type { Plan } from "../../../src/he-ml/planner/plan.js";
import { maxAbs, type Tensor } from "../../../src/he-ml/tensor/tensor.js";
import { maxAbsDifference, randomTensor, sigmas } from "../support.js";
import { plainRange } from "./plan-checks.js";

/** A stage without any weight encrypts zero under the public key, whose small noise is not in its prediction. */
const zeroNoise = 2 ** -24;

/** Runs a plan, or plans one after the other, under encryption and checks that everything goes as explained. */
export async function checkOnSeal(plan: Plan | readonly Plan[]): Promise<void> {
  const parts = [plan].flat();
  await runOnSeal(parts, randomTensor([1, ...parts[0].inputShape], 5));
}

/** As `checkOnSeal`, for an image that is given. */
export async function runOnSeal(parts: readonly Plan[], image: Tensor): Promise<SealRun> {
  const spec = clientSpec(parts[0]);
  const client = await SecretContext.create(parts[0].parameters);
  let message = client.encrypt(image, spec);
  let expected = image;
  for (const part of parts) {
    const answer = await checkPart(part, client, message, expected);
    const layers = part.stages.flatMap(({ modelLayers }) => modelLayers);
    [message, expected] = [answer, plainRange(part.model, layers, expected)];
  }
  const { outputSlotLayout } = clientSpec(parts.at(-1)!);
  const decrypted = client.decrypt({ ...message, slotLayout: outputSlotLayout });
  expect(decrypted.shape).toEqual(expected.shape);
  const error = maxAbsDifference(decrypted.data, expected.data);
  expect(error).toBeLessThan(sigmas * parts.at(-1)!.stages.at(-1)!.predictedError + zeroNoise);
  return { error, largest: maxAbs(expected.data) };
}

/** Largest error of the decrypted output, and its largest value. */
export interface SealRun {
  readonly error: number;
  readonly largest: number;
}

/** Runs one plan on a server of its own, which has no other keys than its. */
async function checkPart(
  plan: Plan,
  client: SecretContext,
  message: SerializedTensor,
  twin: Tensor,
): Promise<SerializedTensor> {
  const explanation = explainPlan(plan);
  const keys = client.exportEvaluationKeys(clientSpec(plan).rotations);
  const server = await PublicContext.load(plan.parameters, keys);
  using encoded = encodePlan(server.evaluator, plan);
  using input = server.load(message);
  const run = await collect(
    forward(encoded.stages, input, {
      twin: { input: twin, decrypt: (tensor) => client.decrypt(server.save(tensor)) },
    }),
  );
  using output = run.output;
  const answer = server.save(output);

  expect(run.traces.map(({ ops }) => ops)).toEqual(explanation.stages.map(({ ops }) => ops));
  expect(run.traces.map(told)).toEqual(explanation.stages.map(told));
  run.traces.forEach(({ error }, i) => {
    expect(error!.maxAbs).toBeLessThan(sigmas * plan.stages[i].predictedError + zeroNoise);
  });
  expect(explanation.bytes).toEqual({
    input: byteLength(message),
    output: byteLength(answer),
    evaluationKeys: keyBytes(keys),
  });
  return answer;
}

/** What an explanation and a trace both tell of a stage. */
function told({ name, modelLayers, level, scaleBits, shape, ciphertexts }: StageExplanation | LayerTrace) {
  return { name, modelLayers, level, scaleBits: Math.round(1e6 * scaleBits), shape, ciphertexts };
}
