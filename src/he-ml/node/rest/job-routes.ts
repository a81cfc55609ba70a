import type { FastifyReply } from "fastify";
import {
  jobParamsSchema,
  jobStateSchema,
  routes,
  timingHeader,
  tracesSchema,
  bytesType,
  waitQuerySchema,
} from "../../network/protocol.js";
import { tensorFromBytes } from "../../crypto/tensor-bytes.js";
import type { HeldProgram, JobOutcome } from "../engine/engine-types.js";
import type { App } from "./app-types.js";
import { HttpError } from "./http-error.js";
import { headerRoom, type Limits } from "./limits.js";
import { bodyRefusals, bytesAnswer, bytesBody, nothing, refusalsOf } from "./openapi.js";
import { clientGone, requireProgram, requireSession, type Service } from "./service.js";

const answers = {
  200: bytesAnswer(
    "The answer: an encrypted tensor, in HE-ML's byte format; Server-Timing tells milliseconds",
  ),
  202: jobStateSchema.describe("There is no answer yet: ask again, with GET"),
};
const gone = ["unknown-session", "unknown-job"] as const;

/** Jobs: what a session's program is run on. */
export async function jobRoutes(app: App, service: Service): Promise<void> {
  const { engine, bodies, limits } = service;
  app.put(
    routes.job,
    {
      config: { takesWork: true },
      schema: {
        tags: ["jobs"],
        summary: "Run the session's program",
        description:
          "The body is an encrypted tensor as the program takes it in. The same again is harmless: the same number with the same " +
          "bytes is the same job.",
        params: jobParamsSchema,
        querystring: waitQuerySchema,
        ...bytesBody("An encrypted tensor, in HE-ML's byte format"),
        response: {
          ...answers,
          ...refusalsOf("unknown-session", "unknown-program", "job-exists", "job-failed", ...bodyRefusals),
        },
      },
    },
    async (request, reply) => {
      const { params, query } = request;
      const session = await requireSession(service, params.session);
      const program = await requireProgram(service, session.program);
      const { most, what } = allowedInput(program, limits);
      const input = await bodies.read(request, reply, most, what);
      requireFewImages(program, input, limits);
      const id = idOf(params);
      await engine.run(session, id, input);
      bodies.release(request);
      service.answers.accepted(id);
      return answer(params, query.wait, reply);
    },
  );

  app.get(
    routes.job,
    {
      schema: {
        tags: ["jobs"],
        summary: "A job's answer",
        description: "Once more, or as soon as it is there.",
        params: jobParamsSchema,
        querystring: waitQuerySchema,
        response: { ...answers, ...refusalsOf(...gone, "job-failed") },
      },
    },
    async ({ params, query }, reply) => {
      await requireSession(service, params.session);
      return answer(params, query.wait, reply);
    },
  );

  app.delete(
    routes.job,
    {
      schema: {
        tags: ["jobs"],
        summary: "A job is not wanted any more",
        description: "It is taken out of the queue, or stopped, and its answer is forgotten.",
        params: jobParamsSchema,
        response: { 204: nothing("It is not done any more"), ...refusalsOf(...gone) },
      },
    },
    async ({ params }, reply) => {
      await requireSession(service, params.session);
      await outcomeOf(params, 0);
      await engine.cancel(idOf(params));
      service.answers.fetched(idOf(params));
      return reply.code(204).send();
    },
  );

  app.get(
    routes.traces,
    {
      schema: {
        tags: ["jobs"],
        summary: "Traces of a job's layers or stages",
        description:
          "What each took: time, operations, level and scale. Nothing in them tells of the values.",
        params: jobParamsSchema,
        querystring: waitQuerySchema,
        response: {
          200: tracesSchema.describe("The traces"),
          202: answers[202],
          ...refusalsOf(...gone, "job-failed"),
        },
      },
    },
    async ({ params, query }, reply) => {
      await requireSession(service, params.session);
      const outcome = await outcomeOf(params, query.wait, clientGone(reply));
      if (outcome.state !== "done") return stateOf(params, outcome, reply);
      const { result, queueMilliseconds } = outcome;
      return {
        traces: result.traces,
        milliseconds: { queue: queueMilliseconds, evaluate: result.evaluateMilliseconds },
      };
    },
  );

  async function outcomeOf(job: JobParams, waitSeconds: number, signal?: AbortSignal) {
    const outcome = await engine.outcome(idOf(job), waitSeconds * 1000, signal);
    if (outcome) return outcome;
    throw new HttpError("unknown-job", `job ${job.job} is not known here, or has expired; send it again`);
  }

  async function answer(job: JobParams, waitSeconds: number, reply: FastifyReply) {
    const outcome = await outcomeOf(job, waitSeconds, clientGone(reply));
    if (outcome.state === "queued" || outcome.state === "running") return stateOf(job, outcome, reply);
    const isFirst = service.answers.fetched(idOf(job));
    if (outcome.state !== "done") return stateOf(job, outcome, reply);
    const { result, queueMilliseconds } = outcome;
    if (isFirst) service.metrics.job(queueMilliseconds, result.evaluateMilliseconds);
    reply.header(timingHeader, timing(queueMilliseconds, result.evaluateMilliseconds)).type(bytesType);
    return reply.send(result.sections[0]);
  }
}

interface JobParams {
  readonly session: string;
  readonly job: string;
}

/** Clients choose numbers of their own, so that two sessions' could be the same. */
const idOf = ({ session, job }: JobParams) => `${session}-${job.toLowerCase()}`;

/** A `Server-Timing` header's value. */
export const timing = (queue: number, evaluate: number) =>
  `queue;dur=${queue.toFixed(1)}, evaluate;dur=${evaluate.toFixed(1)}`;

/** @throws HttpError where there will never be an answer */
function stateOf(
  { job }: JobParams,
  outcome: Exclude<JobOutcome, { readonly state: "done" }>,
  reply: FastifyReply,
) {
  if ("reason" in outcome) {
    throw new HttpError(outcome.state === "refused" ? "bad-request" : "job-failed", outcome.reason);
  }
  return reply.code(202).send({ job, state: outcome.state, before: outcome.before });
}

/**
 * The room for a header must not be room for another image.
 *
 * @throws HttpError if there are too many; InputError if it is no encrypted tensor
 */
function requireFewImages({ clientSpec }: HeldProgram, input: Uint8Array, { mostImages }: Limits): void {
  const { images } = tensorFromBytes(input);
  if (clientSpec.packing === "batch" || images <= mostImages) return;
  throw new HttpError(
    "too-large",
    `job: expected at most ${mostImages} image(s), got ${images}; send several jobs`,
  );
}

/** What a job's body may have, and how messages call it: a batch's ciphertexts, or those of several images. */
function allowedInput({ clientSpec, inputBytes }: HeldProgram, limits: Limits) {
  const isBatch = clientSpec.packing === "batch";
  const images = isBatch ? 1 : limits.mostImages;
  const isLimitOfImages = !isBatch && inputBytes * images <= limits.mostInputBytes;
  return {
    most: Math.min(inputBytes * images, limits.mostInputBytes) + headerRoom,
    what: isLimitOfImages ? `job of up to ${images} image(s)` : "job",
  };
}
