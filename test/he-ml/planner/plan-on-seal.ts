import { expect } from "@jest/globals";
import { payloadLength } from "../../../src/he-ml/crypto/byte-format.js";
import type { LayerTrace } from "../../../src/he-ml/layers/trace.js";
import type { Plan } from "../../../src/he-ml/planner/plan.js";
import { explain, type StageExplanation } from "../../../src/he-ml/program/explain.js";
import type { Program } from "../../../src/he-ml/program/program.js";
import { Client } from "../../../src/he-ml/service/client.js";
import { Server } from "../../../src/he-ml/node/server.js";
import { maxAbs, type Tensor } from "../../../src/he-ml/tensor/tensor.js";
import { maxAbsDifference, randomTensor, sigmas } from "../support.js";
import { plainRange, programsOf } from "./plan-checks.js";

/** A stage without any weight encrypts zero under the public key, whose small noise is not in its prediction. */
const zeroNoise = 2 ** -24;

/** Runs a plan, or plans one after the other, under encryption and checks that everything goes as explained. */
export async function checkOnSeal(plan: Plan | readonly Plan[]): Promise<void> {
  const parts = [plan].flat();
  await runOnSeal(parts, randomTensor([1, ...parts[0].inputShape], 5));
}

/** As `checkOnSeal`, for an image that is given. */
export async function runOnSeal(parts: readonly Plan[], image: Tensor): Promise<SealRun> {
  const programs = programsOf(parts);
  const first = await Client.create(programs[0].clientSpec, { security: "teaching" });
  let client = first;
  let message = first.encrypt(image);
  let expected = image;
  for (const [i, program] of programs.entries()) {
    if (i > 0) client = client.continuedBy(program.clientSpec);
    message = await checkPart(program, client, message, expected);
    expected = plainRange(program.model, program.layers, expected);
  }
  const decrypted = client.decrypt(message);
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

/** Runs one program on a server of its own, which has no other keys than its. */
async function checkPart(
  program: Program,
  client: Client,
  request: Uint8Array,
  input: Tensor,
): Promise<Uint8Array> {
  const explanation = explain(program);
  const server = await Server.start(program, { threads: 0 });
  const session = await server.connect(client.evaluationKeys);
  const twin = { ...client.twin(input), input };
  const { response, traces } = await session.run(request, { twin });
  await server.close();

  expect(traces.map(({ ops }) => ops)).toEqual(explanation.stages.map(({ ops }) => ops));
  expect(traces.map(told)).toEqual(explanation.stages.map(told));
  traces.forEach(({ error }, i) => {
    expect(error!.maxAbs).toBeLessThan(sigmas * program.plan!.stages[i].predictedError + zeroNoise);
  });
  expect(explanation.bytes).toEqual({
    input: payloadLength(request),
    output: payloadLength(response),
    evaluationKeys: payloadLength(client.evaluationKeys),
  });
  return response;
}

/** What an explanation and a trace both tell of a stage. */
function told({ name, modelLayers, level, scaleBits, shape, ciphertexts }: StageExplanation | LayerTrace) {
  return { name, modelLayers, level, scaleBits: Math.round(1e6 * scaleBits), shape, ciphertexts };
}
