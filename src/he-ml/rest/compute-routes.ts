import { toBase64 } from "../crypto/base64.js";
import type { LayersResult, TaskResult } from "../engine/engine-types.js";
import { computeRequestSchema } from "../network/compute-message.js";
import { nest } from "../network/nested-base64.js";
import { routes, timingHeader } from "../network/protocol.js";
import { randomUuid } from "../network/random-uuid.js";
import { computeTask, type ComputeTask } from "./compute-task.js";
import { HttpError } from "./http-error.js";
import { timing } from "./job-routes.js";
import { route } from "./route.js";
import type { Service } from "./service.js";

/** How long a job is waited for before it is looked whether the client is still there. */
const waitMilliseconds = 60_000;

/** The request of the original: a range of a model's layers on single ciphertexts. */
export function computeRoutes(service: Service) {
  const { engine, limits } = service;
  return {
    compute: route({
      method: "POST",
      url: routes.compute,
      takesWork: true,
      // The original posts its JSON as a text within JSON.
      body: {
        schema: computeRequestSchema,
        mostBytes: limits.mostComputeBytes,
        what: "compute",
        mayBeText: true,
      },
      async answer(asked) {
        const { json, gone } = asked;
        const task = await computeTask(service, json);
        const job = randomUuid();
        // Whose turn it is, where there is no session, is told by where the request comes from.
        const owner = json.session ?? asked.from;
        await engine.runLayers(task.model, task.request, job, task.input, owner);
        asked.releaseBody();
        const { result, queueMilliseconds } = await resultOf(job, gone);
        await engine.cancel(job);
        service.onJob?.(queueMilliseconds, result.evaluateMilliseconds);
        const headers = { [timingHeader]: timing(queueMilliseconds, result.evaluateMilliseconds) };
        return { status: 200, headers, content: answerOf(task, result) };
      },
    }),
  };

  async function resultOf(job: string, gone: AbortSignal) {
    for (;;) {
      const outcome = gone.aborted ? undefined : await engine.outcome(job, waitMilliseconds, gone);
      if (gone.aborted || !outcome) {
        await engine.cancel(job);
        throw new HttpError("unknown-job", "it was given up before it was done; send it again");
      }
      if (outcome.state === "done") return outcome;
      if (outcome.state === "refused") throw new HttpError("bad-request", outcome.reason);
      if (outcome.state === "failed") throw new HttpError("job-failed", outcome.reason);
    }
  }
}

function answerOf({ shape }: ComputeTask, { sections, about }: TaskResult) {
  const { scale } = about as LayersResult;
  return {
    data: nest(sections.map(toBase64), shape) as unknown[],
    shape,
    ...(scale !== undefined && { scale }),
  };
}
