import { Socket } from "node:net";
import { doTasks } from "../../../engine/worker/do-tasks.js";
import type { Channel } from "../../../engine/worker/parent.js";
import { loadModel } from "../../files/load-model.js";
import { collectWhenNeeded } from "../../garbage-collection.js";
import { FrameReader, writeFrame } from "../frames.js";

// What a worker process runs until its parent is gone, which is at the other end of the third pipe.

collectWhenNeeded();

// Ctrl-C goes to all processes of a terminal, and service managers tell all of a service to end; but what was accepted is to be
// finished. The parent says when it is over: by going.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => undefined);

const pieceBytes = 2 ** 18;
/** What a parent says is believed. */
const frameLimits = { headBytes: 2 ** 32, bodyBytes: 2 ** 32 };
/** How often memory is reported where a parent cannot see it; in the midst of a step it is not. */
const reportMilliseconds = 200;

const buffer = Buffer.alloc(pieceBytes);
let onPiece: (piece: Uint8Array) => void;
const socket = new Socket({
  ...{ fd: 3, readable: true, writable: true },
  onread: {
    buffer,
    callback: (length) => {
      onPiece(buffer.subarray(0, length));
      return true;
    },
  },
});
socket.on("close", () => process.exit());

const channel: Channel = {
  listen: (onFrame) => {
    const reader = new FrameReader(frameLimits);
    onPiece = (piece) => {
      for (const frame of reader.read(piece)) onFrame(frame);
    };
  },
  say: (message, body) => writeFrame(socket, message, body),
};

doTasks({
  channel,
  loadModel,
  die: (error) => {
    console.error(error);
    process.exit(1);
  },
});

if (process.platform !== "linux") {
  const report = () => channel.say({ type: "resident", bytes: process.memoryUsage.rss() });
  setInterval(report, reportMilliseconds).unref();
}
