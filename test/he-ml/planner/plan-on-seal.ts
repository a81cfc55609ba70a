import { expect } from "@jest/globals";
import { PublicContext, keyBytes } from "../../../src/he-ml/crypto/public-context.js";
import { SecretContext } from "../../../src/he-ml/crypto/secret-context.js";
import { byteLength } from "../../../src/he-ml/crypto/encrypted-tensor.js";
import { collect, forward } from "../../../src/he-ml/layers/forward.js";
import { encodePlan } from "../../../src/he-ml/net-builder/encode-plan.js";
import { explainPlan } from "../../../src/he-ml/net-builder/explain.js";
import { clientSpec } from "../../../src/he-ml/planner/client-spec.js";
import type { Plan } from "../../../src/he-ml/planner/plan.js";
import { maxAbsDifference, randomTensor, sigmas } from "../support.js";
import { plainRange } from "./plan-checks.js";

/** A stage without any weight encrypts zero under the public key, whose small noise is not in its prediction. */
const zeroNoise = 2 ** -24;

/** Runs a plan under encryption and checks that everything goes as explained. */
export async function checkOnSeal(plan: Plan): Promise<void> {
  const explanation = explainPlan(plan);
  const spec = clientSpec(plan);
  const client = await SecretContext.create(plan.parameters);
  const keys = client.exportEvaluationKeys(spec.rotations);
  const server = await PublicContext.load(plan.parameters, keys);
  using encoded = encodePlan(server.evaluator, plan);
  const image = randomTensor([1, ...plan.inputShape], 5);
  const message = client.encrypt(image, spec);
  using input = server.load(message);
  const run = await collect(
    forward(encoded.stages, input, {
      twin: { input: image, decrypt: (tensor) => client.decrypt(server.save(tensor)) },
    }),
  );
  using output = run.output;
  const answer = server.save(output);

  expect(run.traces.map(({ ops }) => ops)).toEqual(explanation.stages.map(({ ops }) => ops));
  const told = explanation.stages.map(({ name, modelLayers, level, scaleBits, shape, ciphertexts }) => ({
    name,
    modelLayers,
    level,
    scaleBits: Math.round(1e6 * scaleBits),
    shape,
    ciphertexts,
  }));
  expect(
    run.traces.map(({ name, modelLayers, level, scaleBits, shape, ciphertexts }) => ({
      name,
      modelLayers,
      level,
      scaleBits: Math.round(1e6 * scaleBits),
      shape,
      ciphertexts,
    })),
  ).toEqual(told);
  run.traces.forEach(({ error }, i) => {
    expect(error!.maxAbs).toBeLessThan(sigmas * plan.stages[i].predictedError + zeroNoise);
  });
  const layers = plan.stages.flatMap(({ modelLayers }) => modelLayers);
  const expected = plainRange(plan.model, layers, image);
  const decrypted = client.decrypt({ ...answer, slotLayout: spec.outputSlotLayout });
  expect(decrypted.shape).toEqual(expected.shape);
  expect(maxAbsDifference(decrypted.data, expected.data)).toBeLessThan(
    sigmas * plan.stages.at(-1)!.predictedError + zeroNoise,
  );
  expect(explanation.bytes).toEqual({
    input: byteLength(message),
    output: byteLength(answer),
    evaluationKeys: keyBytes(keys),
  });
}
