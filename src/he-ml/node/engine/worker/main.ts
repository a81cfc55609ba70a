import { Socket } from "node:net";
import { collectWhenNeeded } from "../../garbage-collection.js";
import { doTasks } from "./do-tasks.js";

// What a worker process runs. Its parent is at the other end of the third pipe.

collectWhenNeeded();

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
