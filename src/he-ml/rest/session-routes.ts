import { routes, sessionParamsSchema, sessionQuerySchema } from "../network/protocol.js";
import { HttpError } from "./http-error.js";
import { headerRoom } from "./limits.js";
import { route } from "./route.js";
import { requireProgram, requireSession, type Service } from "./service.js";

/** Sessions: keys of one client for one program. */
export function sessionRoutes(service: Service) {
  const { engine, limits } = service;
  return {
    open: route({
      method: "POST",
      url: routes.sessions,
      takesWork: true,
      query: sessionQuerySchema,
      body: "bytes",
      async answer(asked) {
        const { program: digest, net } = asked.query;
        const { gone } = asked;
        const model = net === undefined ? undefined : service.models.find(net).reference.net;
        const program = await requireProgram(service, digest);
        if (program.keyBytes > limits.mostKeyBytes) {
          throw new HttpError(
            "too-large",
            `keys: this program needs ${program.keyBytes} bytes of keys, and this server takes ${limits.mostKeyBytes} at most; ` +
              `ask for fewer layers, or for parameters with a smaller polyModulusDegree`,
          );
        }
        const keys = await asked.readBody(program.keyBytes + headerRoom, "keys");
        const session = await engine.openSession(program, keys, model);
        // Nobody knows its number.
        if (gone.aborted) await engine.closeSession(session.session);
        return { status: 201, content: session };
      },
    }),
    info: route({
      method: "GET",
      url: routes.session,
      params: sessionParamsSchema,
      answer: async ({ params }) => ({
        status: 200,
        content: await requireSession(service, params.session),
      }),
    }),
    close: route({
      method: "DELETE",
      url: routes.session,
      params: sessionParamsSchema,
      async answer({ params }) {
        await requireSession(service, params.session);
        await engine.closeSession(params.session);
        return { status: 204 };
      },
    }),
  };
}
