import { existsSync, readFileSync, readdirSync } from "node:fs";
import { expect } from "@jest/globals";
// Worker processes load plain JavaScript, so the engine is tested as it is built.
import {
  Client,
  InputError,
  checkParameters,
  defineModel,
  linearLayer,
  parametersSpec,
  squareLayer,
  tensor,
  type Tensor,
} from "../../../../dist/he-ml/node/index.js";
import type { Engine } from "../../../../dist/he-ml/engine/engine.js";
import type { HeldProgram, JobOutcome } from "../../../../dist/he-ml/engine/engine-types.js";
import { waves } from "../../../cli/support.js";
import { rejectedBy } from "../../support.js";

/** With answers within milliseconds. */
export const smallModel = defineModel({
  name: "small",
  inputShape: [4],
  layers: [
    linearLayer({ name: "fc1", weights: tensor([2, 4], waves(8, 0.5)), bias: tensor([2], [0.1, -0.1]) }),
    squareLayer({ name: "square1" }),
  ],
});

/** Answers are not blinded, so that they can be compared. */
export const smallRequest = {
  net: "small",
  packing: "batch",
  parameters: parametersSpec(
    checkParameters({
      polyModulusDegree: 4096,
      coeffModulusBits: [36, 36, 37],
      scaleBits: 18,
      weightScaleBits: 14,
    }),
  ),
} as const;

export const longest = 60_000;

/** Processes that one started, and that run a worker's file. */
export function workerPids(parent = process.pid): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => isWorkerOf(parent, pid));
}

function isWorkerOf(parent: number, pid: number): boolean {
  try {
    const own = /^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return Number(own) === parent && /worker/.test(readFileSync(`/proc/${pid}/cmdline`, "utf8"));
  } catch {
    return false;
  }
}

/** Whether there is such a process. */
export const isThere = (pid: number) => existsSync(`/proc/${pid}`);

/** Waits until it is so. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** As it reaches a client: through JSON. */
export const clientOf = ({ clientSpec }: HeldProgram) =>
  Client.create(JSON.parse(JSON.stringify(clientSpec)));

let jobs = 0;

/** Runs a job to its end. */
export async function outcomeOf(
  engine: Engine,
  session: Awaited<ReturnType<Engine["openSession"]>>,
  input: Uint8Array,
  job = `job-${jobs++}`,
): Promise<JobOutcome> {
  await engine.run(session, job, input);
  return (await engine.outcome(job, longest))!;
}

/** The answer's bytes. */
export async function answerOf(...asked: Parameters<typeof outcomeOf>): Promise<Uint8Array> {
  const outcome = await outcomeOf(...asked);
  if (outcome.state !== "done") throw new Error(JSON.stringify(outcome));
  return outcome.result.sections[0];
}

/** The reason for which a job is refused. */
export async function refusalOf(...asked: Parameters<typeof outcomeOf>): Promise<string> {
  const outcome = await outcomeOf(...asked);
  expect(outcome.state).toBe("refused");
  return outcome.state === "refused" ? outcome.reason : "";
}

export async function inputErrorOf(work: () => Promise<unknown>): Promise<string> {
  const error = await rejectedBy(work);
  expect(error).toBeInstanceOf(InputError);
  return (error as Error).message;
}

/** A session of a new client of a program's. */
export async function newSession(engine: Engine, program: HeldProgram) {
  const client = await clientOf(program);
  const session = await engine.openSession(program, client.evaluationKeys);
  return { client, session, input: (image: Tensor) => client.encrypt(image) };
}
