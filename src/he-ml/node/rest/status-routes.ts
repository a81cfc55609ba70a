import * as z from "zod";
import { healthSchema, routes } from "../../network/protocol.js";
import { statusRoutes } from "../../rest/status-routes.js";
import type { App } from "./app-types.js";
import { carry } from "./carry.js";
import { refusalsOf } from "./openapi.js";
import type { HttpService } from "./service.js";

const tags = ["status"];

/** What the server says of itself. */
export async function carryStatus(
  app: App,
  { bodies, metrics }: HttpService,
  isClosing: () => boolean,
): Promise<void> {
  carry(app, bodies, statusRoutes(isClosing).health, {
    // Load balancers ask so.
    exposeHeadRoute: true,
    tags,
    summary: "Whether the server answers",
    description: "Open to everyone.",
    security: [],
    response: { 200: healthSchema.describe("It does"), ...refusalsOf() },
  });

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
