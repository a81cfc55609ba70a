import type { WriteStream } from "node:tty";

/** Where a command writes; a terminal says so, as Node's streams do. */
export type Output = NodeJS.WritableStream & Partial<Pick<WriteStream, "isTTY" | "columns">>;

/** All that a command has of the process around it. */
export interface CommandIo {
  /** For results. */
  readonly stdout: Output;
  /** For errors, and for progress where it is a terminal. */
  readonly stderr: Output;
  readonly stdin: { readonly isTTY?: boolean };
  readonly env: Readonly<NodeJS.ProcessEnv>;
  /** Stops the work; its reason is an `Interrupted`. */
  readonly signal: AbortSignal;
}

/** Why a command was stopped: Ctrl-C (SIGINT), a supervisor (SIGTERM), or a terminal that was closed (SIGHUP). */
export class Interrupted extends Error {
  constructor(readonly by: "SIGINT" | "SIGTERM" | "SIGHUP") {
    super(by);
  }
}

/** Ends a command with this exit status when all that is to be said of it has been written. */
export class ExitStatus extends Error {
  constructor(readonly status: number) {
    super(`exit status ${status}`);
  }
}
