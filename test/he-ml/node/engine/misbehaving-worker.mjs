// A worker process that does what no sound one does: the task's program says what.
import { Socket } from "node:net";
import { FrameReader, writeFrame } from "../../../../dist/he-ml/node/engine/frames.js";
import { resultToBytes } from "../../../../dist/he-ml/engine/task-result-bytes.js";

const channel = new Socket({ fd: 3, readable: true, writable: true });
const reader = new FrameReader({ headBytes: 2 ** 30, bodyBytes: 2 ** 30 });
const say = (head, body) => writeFrame(channel, head, body);
const held = [];
/** A task that is done when so many inputs were sent ahead meanwhile. */
const untilAhead = /^until (\d) ahead$/;
const aheads = [];
let onAhead = () => undefined;

const misdeeds = {
  exit: () => process.exit(3),
  abort: () => process.abort(),
  endless: () => {
    for (;;);
  },
  silent: () => undefined,
  hog: () => {
    for (;;) held.push(new Uint8Array(2 ** 24).fill(1));
  },
  heap: () => {
    for (;;) held.push(Array.from({ length: 2 ** 16 }, (_, i) => ({ i })));
  },
  noise: () => channel.write(Buffer.from(Array.from({ length: 1000 }, (_, i) => (i * 37) % 256))),
  huge: () => {
    const lengths = Buffer.alloc(8);
    lengths.writeUInt32LE(2 ** 32 - 1, 4);
    channel.write(lengths);
  },
  "no JSON": () => channel.write(Buffer.from([1, 0, 0, 0, 0, 0, 0, 0, 0x7b])),
  unknown: () => say({ type: "sing" }),
  "no result": () => say({ type: "done", holds: [] }, new Uint8Array(100)),
  flood: () => {
    for (let i = 0; i < 20_000; i++) say({ type: "get", kind: "program", id: "flood" });
  },
  steal: () => say({ type: "get", kind: "keys", id: "another's" }),
  overwrite: () => say({ type: "put" }, new Uint8Array(1)),
  "answers twice": () => {
    for (let i = 0; i < 2; i++) {
      say(
        { type: "done", holds: [] },
        resultToBytes({ sections: [], about: {}, traces: [], evaluateMilliseconds: 0 }),
      );
    }
  },
};

channel.on("data", (piece) => {
  for (const { head, body } of reader.read(piece)) {
    if (head.type === "start") say({ type: "ready" });
    else if (head.type === "ahead") {
      aheads.push(body);
      onAhead();
    } else if (head.type === "task" && misdeeds[head.task.program]) misdeeds[head.task.program]();
    else if (head.type === "task") {
      const about = { environment: Object.keys(process.env), isSentAhead: head.isSentAhead };
      const sections = [head.isSentAhead ? aheads.at(-1) : body];
      const result = resultToBytes({ sections, about, traces: [], evaluateMilliseconds: 0 });
      const wanted = aheads.length + Number(untilAhead.exec(head.task.program)?.[1] ?? 0);
      onAhead = () => {
        if (aheads.length < wanted) return;
        say({ type: "done", holds: [] }, result);
        onAhead = () => undefined;
      };
      onAhead();
    }
  }
});
channel.on("close", () => process.exit());
