import {
  routes,
  sessionInfoSchema,
  sessionParamsSchema,
  sessionQuerySchema,
} from "../../network/protocol.js";
import type { App } from "./app-types.js";
import { HttpError } from "./http-error.js";
import { headerRoom } from "./limits.js";
import { bodyRefusals, bytesBody, nothing, refusalsOf } from "./openapi.js";
import { clientGone, requireProgram, requireSession, type Service } from "./service.js";

/** Sessions: keys of one client for one program. */
export async function sessionRoutes(app: App, service: Service): Promise<void> {
  const { engine, bodies, limits } = service;
  app.post(
    routes.sessions,
    {
      config: { takesWork: true },
      schema: {
        tags: ["sessions"],
        summary: "Open a session",
        description:
          "The body is a client's evaluation keys for a program, which are checked. Whoever knows the session's number may use it.",
        querystring: sessionQuerySchema,
        ...bytesBody("Evaluation keys, in HE-ML's byte format"),
        response: {
          201: sessionInfoSchema.describe("The session"),
          ...refusalsOf("unknown-program", "unknown-model", "job-failed", ...bodyRefusals),
        },
      },
    },
    async (request, reply) => {
      const gone = clientGone(reply);
      const { program: digest, net } = request.query;
      const model = net === undefined ? undefined : service.models.find(net).reference.net;
      const program = await requireProgram(service, digest);
      if (program.keyBytes > limits.mostKeyBytes) {
        throw new HttpError(
          "too-large",
          `keys: this program needs ${program.keyBytes} bytes of keys, and this server takes ${limits.mostKeyBytes} at most; ` +
            `ask for fewer layers, or for parameters with a smaller polyModulusDegree`,
        );
      }
      const keys = await bodies.read(request, reply, program.keyBytes + headerRoom, "keys");
      const session = await engine.openSession(program, keys, model);
      // Nobody knows its number.
      if (gone.aborted) await engine.closeSession(session.session);
      return reply.code(201).send(session);
    },
  );

  app.get(
    routes.session,
    {
      schema: {
        tags: ["sessions"],
        summary: "What there is of a session",
        description: "Its time to live begins anew.",
        params: sessionParamsSchema,
        response: { 200: sessionInfoSchema.describe("The session"), ...refusalsOf("unknown-session") },
      },
    },
    ({ params }) => requireSession(service, params.session),
  );

  app.delete(
    routes.session,
    {
      schema: {
        tags: ["sessions"],
        summary: "Close a session",
        description: "Its keys are forgotten.",
        params: sessionParamsSchema,
        response: { 204: nothing("It is closed"), ...refusalsOf("unknown-session") },
      },
    },
    async ({ params }, reply) => {
      await requireSession(service, params.session);
      await engine.closeSession(params.session);
      return reply.code(204).send();
    },
  );
}
