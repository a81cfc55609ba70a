import type { Engine } from "../engine/engine.js";
import type { HeldProgram } from "../engine/engine-types.js";
import type { SessionInfo } from "../network/protocol.js";
import type { Answers } from "./answers.js";
import { HttpError } from "./http-error.js";
import type { Limits } from "./limits.js";
import type { ServedModels } from "./models.js";

/** What the routes share. */
export interface Service {
  readonly engine: Engine;
  readonly models: ServedModels;
  readonly limits: Limits;
  readonly answers: Answers;
  /** Told what a job took, once. */
  readonly onJob?: (queueMilliseconds: number, evaluateMilliseconds: number) => void;
}

/** @throws HttpError unknown-program */
export async function requireProgram({ engine }: Service, digest: string): Promise<HeldProgram> {
  const program = await engine.program(digest);
  if (program) return program;
  throw new HttpError(
    "unknown-program",
    `program ${digest.slice(0, 12)}… is not known here; ask for it again, by GET /models/NET or POST /programs`,
  );
}

/** @throws HttpError unknown-session */
export async function requireSession({ engine }: Service, id: string): Promise<SessionInfo> {
  const session = await engine.session(id);
  if (session) return session;
  throw new HttpError(
    "unknown-session",
    `session ${shortSession(id)} is not known here, or has ended; open one again, by POST /sessions`,
  );
}

/** Whoever knows the whole number may use the session. */
export const shortSession = (id: string) => `${id.slice(0, 8)}…`;
