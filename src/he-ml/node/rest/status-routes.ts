import * as z from "zod";
import { healthSchema, routes } from "../../network/protocol.js";
import type { App } from "./app-types.js";
import { refusalsOf } from "./openapi.js";
import type { Service } from "./service.js";

/** What the server says of itself. */
export async function statusRoutes(app: App, { metrics }: Service, isClosing: () => boolean): Promise<void> {
  const tags = ["status"];
  app.get(
    routes.health,
    {
      // Load balancers ask so.
      exposeHeadRoute: true,
      schema: {
        tags,
        summary: "Whether the server answers",
        description: "Open to everyone.",
        security: [],
        response: { 200: healthSchema.describe("It does"), ...refusalsOf() },
      },
    },
    async () => ({ status: isClosing() ? ("closing" as const) : ("ok" as const) }),
  );

  app.get(
    routes.metrics,
    {
      schema: {
        tags,
        summary: "Figures for Prometheus",
        description: "Queue, sessions, times and bytes; nothing of what is computed.",
        response: {
          200: { description: "The figures", content: { "text/plain": { schema: z.string() } } },
          ...refusalsOf(),
        },
      },
    },
    async (_, reply) => reply.type(metrics.contentType).send(await metrics.text()),
  );

  app.get(
    routes.openapi,
    {
      schema: {
        tags,
        summary: "This document",
        description: "OpenAPI 3.1, made of the validators. Open to everyone.",
        security: [],
        response: { 200: z.looseObject({}).describe("The document"), ...refusalsOf() },
      },
    },
    async () => app.swagger() as Record<string, unknown>,
  );
}
