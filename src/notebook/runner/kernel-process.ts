import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { dirname } from "node:path";
import { setTimeout } from "node:timers/promises";
import { kernelCommand } from "../tslab/kernel-command.js";

/** So much of what a dying kernel said on stderr goes into messages. */
const keptStderrCharacters = 4000;
const stderrMilliseconds = 200;

/** How a kernel is started that runs what someone else wrote: fenced in, and with a channel for messages. */
export interface KernelLaunch {
  /**
   * The command line that starts the kernel within its fence.
   *
   * @param kernel the usual one, which begins with Node
   * @param folder holds the connection file; the kernel reads it, and its sockets are made there
   */
  commandLine(kernel: readonly string[], folder: string): readonly string[];
  /** All of its environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Told of what cells send by `process.send`; `answer` sends back. */
  onMessage(message: unknown, answer: (message: object) => void): void;
}

/** The operating system's side of a kernel: its process, and the group of processes that it may have started. */
export class KernelProcess {
  readonly #child: ChildProcess;
  #stderr = "";
  /** Resolves when the process has ended, with how it did, e.g. `exit status 3`. */
  readonly ended: Promise<string>;

  /** @param cwd the folder that relative paths in cells start from */
  constructor(connectionFile: string, cwd: string, launch?: KernelLaunch) {
    const kernel = kernelCommand(connectionFile);
    const [command, ...args] = launch ? launch.commandLine(kernel, dirname(connectionFile)) : kernel;
    this.#child = spawn(command, args, {
      cwd,
      ...(launch ? { env: launch.env } : {}),
      stdio: ["ignore", "ignore", "pipe", ...(launch ? (["ipc"] as const) : [])],
      // A group of its own: Ctrl-C in the terminal is ours to handle, and a kill reaches what cells started.
      detached: process.platform !== "win32",
    });
    this.#child.stderr!.on("data", (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-keptStderrCharacters);
    });
    const answer = (message: object) => {
      // Where the kernel has ended there is nobody to answer.
      if (this.#child.connected) this.#child.send(message, () => undefined);
    };
    if (launch) this.#child.on("message", (message) => launch.onMessage(message, answer));
    this.ended = new Promise((resolve) => {
      this.#child.once("error", (error) => resolve(error.message));
      this.#child.once("exit", async (status, signal) => {
        // By "close" all of stderr has come; it never comes while something that a cell started holds stderr open.
        await Promise.race([
          once(this.#child, "close"),
          setTimeout(stderrMilliseconds, undefined, { ref: false }),
        ]);
        this.#child.stderr!.destroy();
        resolve(signal ?? `exit status ${status}`);
      });
    });
    process.on("exit", this.#kill);
    void this.ended.then(() => process.off("exit", this.#kill));
  }

  /** The last lines that the process wrote on stderr by itself, outside of any cell. */
  get stderr(): string {
    return this.#stderr.trim();
  }

  /** Stops what a cell computes, as Ctrl-C would. */
  interrupt(): void {
    this.#child.kill("SIGINT");
  }

  /** Ends the process and what it started, after so many milliseconds in which it may end by itself. */
  async end(graceMilliseconds: number): Promise<void> {
    if (graceMilliseconds > 0)
      await Promise.race([this.ended, setTimeout(graceMilliseconds, undefined, { ref: false })]);
    this.#kill();
    await this.ended;
  }

  readonly #kill = (): void => {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      if (process.platform === "win32") this.#child.kill("SIGKILL");
      else process.kill(-pid, "SIGKILL");
    } catch {
      // The whole group has ended.
    }
  };
}
