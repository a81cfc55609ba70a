import { jobStateSchema, tracesSchema } from "../../network/protocol.js";
import { jobRoutes } from "../../rest/job-routes.js";
import type { App } from "./app-types.js";
import { carry } from "./carry.js";
import { bodyRefusals, bytesAnswer, nothing, refusalsOf } from "./openapi.js";
import type { HttpService } from "./service.js";

const tags = ["jobs"];
const answers = {
  200: bytesAnswer(
    "The answer: an encrypted tensor, in HE-ML's byte format; Server-Timing tells milliseconds",
  ),
  202: jobStateSchema.describe("There is no answer yet: ask again, with GET"),
};
const gone = ["unknown-session", "unknown-job"] as const;

/** Jobs: what a session's program is run on. */
export async function carryJobs(app: App, service: HttpService): Promise<void> {
  const { bodies } = service;
  const { run, answer, cancel, traces } = jobRoutes(service);
  carry(app, bodies, run, {
    tags,
    summary: "Run the session's program",
    description:
      "The body is an encrypted tensor as the program takes it in. The same again is harmless: the same number with the same " +
      "bytes is the same job.",
    bytes: "An encrypted tensor, in HE-ML's byte format",
    response: {
      ...answers,
      ...refusalsOf("unknown-session", "unknown-program", "job-exists", "job-failed", ...bodyRefusals),
    },
  });
  carry(app, bodies, answer, {
    tags,
    summary: "A job's answer",
    description: "Once more, or as soon as it is there.",
    response: { ...answers, ...refusalsOf(...gone, "job-failed") },
  });
  carry(app, bodies, cancel, {
    tags,
    summary: "A job is not wanted any more",
    description: "It is taken out of the queue, or stopped, and its answer is forgotten.",
    response: { 204: nothing("It is not done any more"), ...refusalsOf(...gone) },
  });
  carry(app, bodies, traces, {
    tags,
    summary: "Traces of a job's layers or stages",
    description: "What each took: time, operations, level and scale. Nothing in them tells of the values.",
    response: {
      200: tracesSchema.describe("The traces"),
      202: answers[202],
      ...refusalsOf(...gone, "job-failed"),
    },
  });
}
