import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import { kernelCommand } from "../tslab/kernel-command.js";

/** So much of what a dying kernel said on stderr goes into messages. */
const keptStderrCharacters = 4000;
const stderrMilliseconds = 200;

/** The operating system's side of a kernel: its process, and the group of processes that it may have started. */
export class KernelProcess {
  readonly #child: ChildProcess;
  #stderr = "";
  /** Resolves when the process has ended, with how it did, e.g. `exit status 3`. */
  readonly ended: Promise<string>;

  /** @param cwd the folder that relative paths in cells start from */
  constructor(connectionFile: string, cwd: string) {
    const [command, ...args] = kernelCommand(connectionFile);
    this.#child = spawn(command, args, {
      cwd,
      stdio: ["ignore", "ignore", "pipe"],
      // A group of its own: Ctrl-C in the terminal is ours to handle, and a kill reaches what cells started.
      detached: process.platform !== "win32",
    });
    this.#child.stderr!.on("data", (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-keptStderrCharacters);
    });
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
