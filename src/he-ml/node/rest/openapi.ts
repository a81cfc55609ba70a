import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import { createJsonSchemaTransform } from "fastify-type-provider-zod";
import type { Readable } from "node:stream";
import * as z from "zod";
import { bytesType, errorBodySchema, refusals, routes, type ErrorCode } from "../../network/protocol.js";
import { packageVersion } from "../files/package-root.js";
import type { App } from "./app-types.js";

/** What every route may answer. */
const everywhere: readonly ErrorCode[] = ["bad-request", "unauthorized", "internal"];
/** What every route that takes a body may answer. */
export const bodyRefusals: readonly ErrorCode[] = ["too-slow", "too-large", "wrong-type", "busy", "closing"];

/** Schemas of a route's refusals, by status; each names its codes, and why. */
export function refusalsOf(...codes: readonly ErrorCode[]): Record<number, z.ZodType> {
  const all = [...new Set([...everywhere, ...codes])];
  const statuses = [...new Set(all.map((code) => refusals[code].status))];
  return Object.fromEntries(
    statuses.map((status) => {
      const here = all.filter((code) => refusals[code].status === status);
      const description = here.map((code) => `\`${code}\`: ${refusals[code].why}`).join("; ");
      const error = errorBodySchema.shape.error.extend({ code: z.enum(here as [ErrorCode, ...ErrorCode[]]) });
      return [status, z.object({ error }).describe(description)];
    }),
  );
}

const binary = (description: string) => ({ type: "string", format: "binary", description }) as const;

/** A body of bytes, which the handler reads. */
export const bytesBody = (description: string) => ({
  consumes: [bytesType],
  body: z.custom<Readable | undefined>(() => true).meta(binary(description)),
});

/** An answer of bytes. */
export const bytesAnswer = (description: string) => ({
  description,
  content: { [bytesType]: { schema: z.custom<Uint8Array>().meta(binary(description)) } },
});

/** An answer without a body. */
export const nothing = (description: string) => z.undefined().meta({ type: "null", description });

/** Tuples of one type are lists of a length: a plainer schema, which more tools read. */
function withoutTuples({ jsonSchema }: { readonly jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  const { prefixItems } = jsonSchema;
  if (!prefixItems || new Set(prefixItems.map((item) => JSON.stringify(item))).size > 1) return;
  delete jsonSchema.prefixItems;
  Object.assign(jsonSchema, {
    items: prefixItems[0],
    minItems: prefixItems.length,
    maxItems: prefixItems.length,
  });
}

const description = `Encrypted neural-network inference. The server computes on ciphertexts, and never has a key that decrypts.

1. \`GET /models\` lists the models; \`GET /models/{net}\` gives the client specification of a program.
2. The client makes keys by it, and sends those for evaluation to \`POST /sessions\`.
3. It encrypts an image, and sends it to \`PUT /sessions/{session}/jobs/{job}\`: the answer is encrypted, too.

Keys and encrypted tensors travel as bytes of HE-ML's own format; \`POST /compute\` is the request of PyCrCNN, in which single
SEAL ciphertexts travel as base64. Every refusal is \`{"error": {"code", "message"}}\`.`;

/** Registered before the routes, which it describes by their validators. */
export async function describeRoutes(app: App, isGuarded: boolean): Promise<void> {
  const bearer = { type: "http", scheme: "bearer" } as const;
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title: "HE-ML", version: packageVersion(), description, license: { name: "MIT" } },
      servers: [{ url: "/" }],
      ...(isGuarded && { components: { securitySchemes: { bearer } }, security: [{ bearer: [] }] }),
    },
    transform: createJsonSchemaTransform({ zodToJsonConfig: { override: withoutTuples } }),
  });
  await app.register(swaggerUi, {
    routePrefix: routes.docs,
    staticCSP: true,
    // No badge from elsewhere.
    uiConfig: {
      ...{ validatorUrl: null, layout: "BaseLayout" },
      ...{ docExpansion: "list", defaultModelsExpandDepth: -1 },
    },
  });
}
