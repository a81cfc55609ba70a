import { sessionInfoSchema } from "../../network/protocol.js";
import { sessionRoutes } from "../../rest/session-routes.js";
import type { App } from "./app-types.js";
import { carry } from "./carry.js";
import { bodyRefusals, nothing, refusalsOf } from "./openapi.js";
import type { HttpService } from "./service.js";

const tags = ["sessions"];

/** Sessions: keys of one client for one program. */
export async function carrySessions(app: App, service: HttpService): Promise<void> {
  const { bodies } = service;
  const { open, info, close } = sessionRoutes(service);
  carry(app, bodies, open, {
    tags,
    summary: "Open a session",
    description:
      "The body is a client's evaluation keys for a program, which are checked. Whoever knows the session's number may use it.",
    bytes: "Evaluation keys, in HE-ML's byte format",
    response: {
      201: sessionInfoSchema.describe("The session"),
      ...refusalsOf("unknown-program", "unknown-model", "job-failed", ...bodyRefusals),
    },
  });
  carry(app, bodies, info, {
    tags,
    summary: "What there is of a session",
    description: "Its time to live begins anew.",
    response: { 200: sessionInfoSchema.describe("The session"), ...refusalsOf("unknown-session") },
  });
  carry(app, bodies, close, {
    tags,
    summary: "Close a session",
    description: "Its keys are forgotten.",
    response: { 204: nothing("It is closed"), ...refusalsOf("unknown-session") },
  });
}
