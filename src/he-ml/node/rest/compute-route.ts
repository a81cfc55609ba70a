import type { FastifyReply, FastifyRequest } from "fastify";
import { randomUUID } from "node:crypto";
import { parseJson } from "../../formats/parse-json.js";
import { computeAnswerSchema, computeRequestSchema } from "../../network/compute-message.js";
import { nest } from "../../network/nested-base64.js";
import { routes, timingHeader } from "../../network/protocol.js";
import type { LayersResult, TaskResult } from "../engine/engine-types.js";
import type { App } from "./app-types.js";
import { computeTask, type ComputeTask } from "./compute-task.js";
import { HttpError } from "./http-error.js";
import { timing } from "./job-routes.js";
import { bodyRefusals, refusalsOf } from "./openapi.js";
import { clientGone, type Service } from "./service.js";

const what = "compute";
/** How long a job is waited for before it is looked whether the client is still there. */
const waitMilliseconds = 60_000;

/** The request of the original: a range of a model's layers on single ciphertexts. */
export async function computeRoute(app: App, service: Service): Promise<void> {
  const { bodies, engine, limits, metrics } = service;
  app.post(
    routes.compute,
    {
      config: { takesWork: true },
      preValidation: [bodies.asJson(limits.mostComputeBytes, what), takeTextWithin],
      schema: {
        tags: ["compute"],
        summary: "The request of PyCrCNN: a range of a model's layers on single ciphertexts",
        description:
          `The body has ${limits.mostComputeBytes} bytes at most; a JSON text that holds this JSON is taken, too. The request is open ` +
          "until the answer is there, and what it asked for is given up where the client goes away.",
        body: computeRequestSchema,
        response: {
          200: computeAnswerSchema.describe(
            "What the last layer gives out; Server-Timing tells milliseconds",
          ),
          ...refusalsOf(
            ...(["unknown-model", "unknown-session", "unknown-program", "job-failed"] as const),
            ...bodyRefusals,
          ),
        },
      },
    },
    async (request, reply) => {
      const { body } = request;
      const task = await computeTask(service, body);
      const job = randomUUID();
      // Whose turn it is, where there is no session, is told by where the request comes from.
      const owner = body.session ?? request.ip;
      await engine.runLayers(task.model, task.request, job, task.input, owner);
      bodies.release(request);
      const { result, queueMilliseconds } = await resultOf(job, reply);
      await engine.cancel(job);
      metrics.job(queueMilliseconds, result.evaluateMilliseconds);
      return reply
        .header(timingHeader, timing(queueMilliseconds, result.evaluateMilliseconds))
        .send(answerOf(task, result));
    },
  );

  async function resultOf(job: string, reply: FastifyReply) {
    const gone = clientGone(reply);
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

/** The original posts its JSON as a text within JSON. */
async function takeTextWithin(request: FastifyRequest): Promise<void> {
  if (typeof request.body === "string") request.body = parseJson(what, request.body);
}

function answerOf({ shape }: ComputeTask, { sections, about }: TaskResult) {
  const { scale } = about as LayersResult;
  const texts = sections.map((bytes) =>
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64"),
  );
  return { data: nest(texts, shape) as unknown[], shape, ...(scale !== undefined && { scale }) };
}
