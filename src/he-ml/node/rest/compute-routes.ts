import { computeAnswerSchema } from "../../network/compute-message.js";
import { computeRoutes } from "../../rest/compute-routes.js";
import type { App } from "./app-types.js";
import { carry } from "./carry.js";
import { bodyRefusals, refusalsOf } from "./openapi.js";
import type { HttpService } from "./service.js";

/** The request of the original: a range of a model's layers on single ciphertexts. */
export async function carryCompute(app: App, service: HttpService): Promise<void> {
  carry(app, service.bodies, computeRoutes(service).compute, {
    tags: ["compute"],
    summary: "The request of PyCrCNN: a range of a model's layers on single ciphertexts",
    description:
      `The body has ${service.limits.mostComputeBytes} bytes at most; a JSON text that holds this JSON is taken, too. The request is open ` +
      "until the answer is there, and what it asked for is given up where the client goes away.",
    response: {
      200: computeAnswerSchema.describe("What the last layer gives out; Server-Timing tells milliseconds"),
      ...refusalsOf(
        ...(["unknown-model", "unknown-session", "unknown-program", "job-failed"] as const),
        ...bodyRefusals,
      ),
    },
  });
}
