import {
  modelParamsSchema,
  modelsSchema,
  programQuerySchema,
  programRequestSchema,
  programsSchema,
  routes,
  type ProgramRequest,
  type Programs,
} from "../../network/protocol.js";
import type { App } from "./app-types.js";
import { mostProgramRequestBytes } from "./limits.js";
import { bodyRefusals, refusalsOf } from "./openapi.js";
import type { Service } from "./service.js";

/** Models, and the programs that are compiled of them. */
export async function modelRoutes(app: App, service: Service): Promise<void> {
  const { models, bodies } = service;
  app.get(
    routes.models,
    {
      schema: {
        tags: ["models"],
        summary: "The models",
        description: "Every model that is served: its names, shapes and layers.",
        response: { 200: modelsSchema.describe("The models"), ...refusalsOf() },
      },
    },
    async () => ({ models: models.all.map(({ summary }) => summary) }),
  );

  const answers = {
    200: programsSchema.describe(
      "One program, or several, between which the client decrypts and encrypts afresh",
    ),
    ...refusalsOf("unknown-model", "job-failed", "busy", "closing"),
  };
  app.get(
    routes.model,
    {
      config: { takesWork: true },
      schema: {
        tags: ["models"],
        summary: "Client specifications of a model, or of a range of its layers",
        description:
          "Compiles the model, where that has not been done yet, under parameters that the server chooses.",
        params: modelParamsSchema,
        querystring: programQuerySchema,
        response: answers,
      },
    },
    ({ params: { net }, query: { layers, packing, reencrypt } }) =>
      compiled(service, {
        net,
        ...(layers !== undefined && { layers: rangeOf(layers) }),
        ...(packing !== undefined && { packing }),
        ...(reencrypt !== undefined && { reencryptPositions: reencrypt.split(",").map(Number) }),
      }),
  );

  app.post(
    routes.programs,
    {
      config: { takesWork: true },
      preValidation: bodies.asJson(mostProgramRequestBytes, "program request"),
      schema: {
        tags: ["models"],
        summary: "The same under parameters of the client's, or behind another program",
        description:
          "`input` is `clientSpec.output` of the program to go on from; `reencryptPositions` are layers before which the client " +
          "decrypts and encrypts afresh.",
        body: programRequestSchema,
        response: { ...answers, ...refusalsOf("unknown-model", "job-failed", ...bodyRefusals) },
      },
    },
    ({ body }) => compiled(service, body),
  );
}

function rangeOf(text: string): number[] {
  const [first, last = first] = text.split("-").map(Number);
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

async function compiled({ models, engine }: Service, request: ProgramRequest): Promise<Programs> {
  const { reference, summary } = models.find(request.net);
  const { reencryptPositions = summary.reencryptPositions } = request;
  const { programs } = await engine.compile(reference, {
    ...request,
    net: reference.net,
    reencryptPositions: reencryptPositions.length > 0 ? reencryptPositions : undefined,
  });
  return { net: summary.net, programs: programs.map(({ clientSpec }) => ({ clientSpec })) };
}
