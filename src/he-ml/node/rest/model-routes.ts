import { modelsSchema, programsSchema } from "../../network/protocol.js";
import { modelRoutes } from "../../rest/model-routes.js";
import type { App } from "./app-types.js";
import { carry } from "./carry.js";
import { bodyRefusals, refusalsOf } from "./openapi.js";
import type { HttpService } from "./service.js";

const tags = ["models"];

/** Models, and the programs that are compiled of them. */
export async function carryModels(app: App, service: HttpService): Promise<void> {
  const { bodies } = service;
  const { models, model, programs } = modelRoutes(service);
  carry(app, bodies, models, {
    tags,
    summary: "The models",
    description: "Every model that is served: its names, shapes and layers.",
    response: { 200: modelsSchema.describe("The models"), ...refusalsOf() },
  });

  const answers = {
    200: programsSchema.describe(
      "One program, or several, between which the client decrypts and encrypts afresh",
    ),
    ...refusalsOf("unknown-model", "job-failed", "busy", "closing"),
  };
  carry(app, bodies, model, {
    tags,
    summary: "Client specifications of a model, or of a range of its layers",
    description:
      "Compiles the model, where that has not been done yet, under parameters that the server chooses.",
    response: answers,
  });
  carry(app, bodies, programs, {
    tags,
    summary: "The same under parameters of the client's, or behind another program",
    description:
      "`input` is `clientSpec.output` of the program to go on from; `reencryptPositions` are layers before which the client " +
      "decrypts and encrypts afresh.",
    response: { ...answers, ...refusalsOf("unknown-model", "job-failed", ...bodyRefusals) },
  });
}
