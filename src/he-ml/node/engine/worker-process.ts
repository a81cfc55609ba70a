import { spawn } from "node:child_process";
import type { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import { TaskFailedError } from "../../engine/engine-types.js";
import type { PlaceListener, WorkerPlace } from "../../engine/task-worker.js";
import { FrameReader, writeFrame } from "./frames.js";
import { residentBytes } from "./resident-bytes.js";

const mebibyte = 2 ** 20;
/** What a worker may send at once: a compiled program, or the ciphertexts of an answer. */
const frameLimits = { headBytes: mebibyte, bodyBytes: 2 ** 30 };
const stderrLength = 2000;

/** It reads models, and neither writes files nor starts processes. */
const permissions = ["--permission", "--allow-fs-read=*"];
/** What it has of its parent's environment: what Windows needs, and no secrets. */
const passedOn = ["SystemRoot"];

/**
 * Starts a process for a worker. They speak over its third pipe.
 *
 * @param heapBytes how large the heap of its JavaScript may become
 */
export function openProcess(
  file: URL,
  heapBytes: number,
  { onFrame, onNonsense }: PlaceListener,
): WorkerPlace {
  const heap = `--max-old-space-size=${Math.floor(heapBytes / mebibyte)}`;
  const child = spawn(process.execPath, [...permissions, heap, fileURLToPath(file)], {
    stdio: ["ignore", "ignore", "pipe", "pipe"],
    env: Object.fromEntries(passedOn.map((name) => [name, process.env[name]])),
    windowsHide: true,
  });
  const channel = child.stdio[3] as Duplex;
  let stderr = "";
  child.stderr!.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-stderrLength);
  });
  const reader = new FrameReader(frameLimits);
  let isSound = true;
  channel.on("data", (piece: Buffer) => {
    if (!isSound) return;
    try {
      for (const frame of reader.read(piece)) onFrame(frame);
    } catch (cause) {
      isSound = false;
      onNonsense(cause);
    }
  });
  // Writing to one that has just died.
  channel.on("error", () => undefined);
  const ended = new Promise((resolve) => {
    child.once("close", resolve).once("error", resolve);
  });
  return {
    ended: ended.then(() => void channel.destroy()),
    send: (message, body) => writeFrame(channel, message, body),
    kill: () => void child.kill("SIGKILL"),
    residentBytes: () => residentBytes(child.pid ?? 0),
    causeOfDeath: () => deathOf(stderr),
  };
}

function deathOf(stderr: string): TaskFailedError {
  const cause = new Error(stderr.trim() || "it was killed");
  if (/heap out of memory/.test(stderr)) {
    return new TaskFailedError(
      "memory",
      "job: it took more memory than a job may have here; ask for less at once",
      { cause },
    );
  }
  return new TaskFailedError("died", "job: the process that did it died; send it again", { cause });
}
