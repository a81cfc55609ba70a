import { Socket } from "node:net";
import { setFlagsFromString } from "node:v8";
import { doTasks } from "./do-tasks.js";

// What a worker process runs. Its parent is at the other end of the third pipe.

// Between two tasks the event loop turns, and V8 would take that for leisure to collect garbage: all ciphertexts are memory outside of
// its heap, and a quarter of the time would go into it. It collects when it has to.
setFlagsFromString("--no-incremental-marking");

// Ctrl-C goes to all processes of a terminal, and service managers tell all of a service to end; but what was accepted is to be
// finished. The parent says when it is over: by going.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => undefined);

const pieceBytes = 2 ** 18;

doTasks((onPiece) => {
  const buffer = Buffer.alloc(pieceBytes);
  const callback = (length: number): boolean => {
    onPiece(buffer.subarray(0, length));
    return true;
  };
  return new Socket({ fd: 3, readable: true, writable: true, onread: { buffer, callback } });
});
