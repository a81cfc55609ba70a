import {
  modelParamsSchema,
  programQuerySchema,
  programRequestSchema,
  routes,
  type ModelSummary,
  type ProgramRequest,
  type Programs,
} from "../network/protocol.js";
import { mostProgramRequestBytes } from "./limits.js";
import { route } from "./route.js";
import type { Service } from "./service.js";

/** Models, and the programs that are compiled of them. */
export function modelRoutes(service: Service) {
  return {
    models: route({
      method: "GET",
      url: routes.models,
      async answer() {
        const models: ModelSummary[] = service.models.all.map(({ summary }) => summary);
        return { status: 200, content: { models } };
      },
    }),
    model: route({
      method: "GET",
      url: routes.model,
      takesWork: true,
      params: modelParamsSchema,
      query: programQuerySchema,
      async answer({ params: { net }, query: { layers, packing, reencrypt } }) {
        const content = await compiled(service, {
          net,
          ...(layers !== undefined && { layers: rangeOf(layers) }),
          ...(packing !== undefined && { packing }),
          ...(reencrypt !== undefined && { reencryptPositions: reencrypt.split(",").map(Number) }),
        });
        return { status: 200, content };
      },
    }),
    programs: route({
      method: "POST",
      url: routes.programs,
      takesWork: true,
      body: { schema: programRequestSchema, mostBytes: mostProgramRequestBytes, what: "program request" },
      answer: async ({ json }) => ({ status: 200, content: await compiled(service, json) }),
    }),
  };
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
