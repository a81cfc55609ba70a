import { threadId } from "node:worker_threads";
import { answering } from "../../../../dist/he-ml/threads/worker-clients.js";

/** One of two ends its thread where it is told to: what bugs and a lack of memory do to real ones. */
export default answering(async () => ({ publicKey: [deadly] }) => {
  if (deadly && threadId % 2 === 0) process.exit(1);
  return {
    compute({ deadly }) {
      if (deadly) process.exit(1);
      return { ops: {} };
    },
    [Symbol.dispose]() {},
  };
});
