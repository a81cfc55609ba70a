import { Writable } from "node:stream";
// Worker threads load plain JavaScript, so the command is tested as it is built.
import { Interrupted, type CommandIo } from "../../dist/cli/command-io.js";
import { main } from "../../dist/cli/main.js";

export interface Finished {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Surroundings {
  readonly env?: CommandIo["env"];
  /** Whether stderr is a terminal. */
  readonly terminal?: boolean;
  /** Ctrl-C, as soon as stderr matches this. */
  readonly interruptAt?: RegExp;
}

/**
 * Runs the command to its end within the test's own process: as quick as the work itself. What only a process can show
 * is in process.test.ts and process.slow.ts.
 */
export async function heMl(
  args: readonly string[],
  { env = process.env, terminal = false, interruptAt }: Surroundings = {},
): Promise<Finished> {
  const interrupt = new AbortController();
  const stdout = new TextStream();
  const stderr = new TextStream((text) => {
    if (interruptAt?.test(text)) interrupt.abort(new Interrupted("SIGINT"));
  });
  const status = await main(["node", "he-ml", ...args], {
    ...{ stdout, env, stdin: {}, signal: interrupt.signal },
    stderr: terminal ? Object.assign(stderr, { isTTY: true, columns: 80 }) : stderr,
  });
  return { status, stdout: stdout.text, stderr: stderr.text };
}

/** Keeps what is written. */
class TextStream extends Writable {
  text = "";

  constructor(private readonly onText: (text: string) => void = () => undefined) {
    super({ decodeStrings: false });
  }

  override _write(chunk: string | Buffer, _: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    this.onText(this.text);
    done();
  }
}
