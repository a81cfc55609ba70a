import { tensorFromBytes } from "../crypto/tensor-bytes.js";
import type { HeldProgram, JobOutcome } from "../engine/engine-types.js";
import {
  bytesType,
  jobParamsSchema,
  routes,
  timingHeader,
  waitQuerySchema,
  type JobState,
} from "../network/protocol.js";
import { HttpError } from "./http-error.js";
import { headerRoom, type Limits } from "./limits.js";
import { route, type Answer } from "./route.js";
import { requireProgram, requireSession, type Service } from "./service.js";

/** Jobs: what a session's program is run on. */
export function jobRoutes(service: Service) {
  const { engine, limits } = service;
  const asked = { url: routes.job, params: jobParamsSchema };
  return {
    run: route({
      ...asked,
      method: "PUT",
      takesWork: true,
      query: waitQuerySchema,
      body: "bytes",
      async answer(request) {
        const { params, query } = request;
        const session = await requireSession(service, params.session);
        const program = await requireProgram(service, session.program);
        const { most, what } = allowedInput(program, limits);
        const input = await request.readBody(most, what);
        requireFewImages(program, input, limits);
        const id = idOf(params);
        await engine.run(session, id, input);
        request.releaseBody();
        service.answers.accepted(id);
        return answer(params, query.wait, request.gone);
      },
    }),
    answer: route({
      ...asked,
      method: "GET",
      query: waitQuerySchema,
      async answer({ params, query, gone }) {
        await requireSession(service, params.session);
        return answer(params, query.wait, gone);
      },
    }),
    cancel: route({
      ...asked,
      method: "DELETE",
      async answer({ params }) {
        await requireSession(service, params.session);
        await outcomeOf(params, 0);
        await engine.cancel(idOf(params));
        service.answers.fetched(idOf(params));
        return { status: 204 };
      },
    }),
    traces: route({
      method: "GET",
      url: routes.traces,
      params: jobParamsSchema,
      query: waitQuerySchema,
      async answer({ params, query, gone }) {
        await requireSession(service, params.session);
        const outcome = await outcomeOf(params, query.wait, gone);
        if (outcome.state !== "done") return stateOf(params, outcome);
        const { result, queueMilliseconds } = outcome;
        const content = {
          traces: result.traces,
          milliseconds: { queue: queueMilliseconds, evaluate: result.evaluateMilliseconds },
        };
        return { status: 200, content };
      },
    }),
  };

  async function outcomeOf(job: JobParams, waitSeconds: number, signal?: AbortSignal) {
    const outcome = await engine.outcome(idOf(job), waitSeconds * 1000, signal);
    if (outcome) return outcome;
    throw new HttpError("unknown-job", `job ${job.job} is not known here, or has expired; send it again`);
  }

  async function answer(job: JobParams, waitSeconds: number, gone: AbortSignal): Promise<Answer> {
    const outcome = await outcomeOf(job, waitSeconds, gone);
    if (outcome.state === "queued" || outcome.state === "running") return stateOf(job, outcome);
    const isFirst = service.answers.fetched(idOf(job));
    if (outcome.state !== "done") return stateOf(job, outcome);
    const { result, queueMilliseconds } = outcome;
    if (isFirst) service.onJob?.(queueMilliseconds, result.evaluateMilliseconds);
    const headers = {
      [timingHeader]: timing(queueMilliseconds, result.evaluateMilliseconds),
      "content-type": bytesType,
    };
    return { status: 200, headers, content: result.sections[0] };
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
function stateOf({ job }: JobParams, outcome: Exclude<JobOutcome, { readonly state: "done" }>): Answer {
  if ("reason" in outcome) {
    throw new HttpError(outcome.state === "refused" ? "bad-request" : "job-failed", outcome.reason);
  }
  const content: JobState = { job, state: outcome.state, before: outcome.before };
  return { status: 202, content };
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
