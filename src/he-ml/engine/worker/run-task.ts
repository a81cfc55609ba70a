import { timed } from "../../service/timed.js";
import type { Session } from "../../service/session.js";
import type { TaskResult } from "../engine-types.js";

/** Often enough that the next task's input comes in meanwhile: its pipe holds no more than 208 KiB. */
const turnMilliseconds = 1;

/** Runs a session's program. @throws InputError as `Session.run` does; the signal's reason */
export async function runTask(session: Session, input: Uint8Array, signal: AbortSignal): Promise<TaskResult> {
  const [{ response, traces }, evaluateMilliseconds] = await timed(() =>
    session.run(input, { signal, turnMilliseconds }),
  );
  return { sections: [response], about: {}, traces, evaluateMilliseconds };
}
