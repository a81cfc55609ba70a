import { routes } from "../network/protocol.js";
import { route } from "./route.js";

/** Whether the service answers, and takes new work. */
export function statusRoutes(isClosing: () => boolean) {
  return {
    health: route({
      method: "GET",
      url: routes.health,
      answer: async () => ({ status: 200, content: { status: isClosing() ? "closing" : "ok" } }),
    }),
  };
}
