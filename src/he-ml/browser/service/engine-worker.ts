import { doTasks } from "../../engine/worker/do-tasks.js";
import type { Frame } from "../../engine/worker-messages.js";
import { loadModel } from "../load-model.js";

// What a Web Worker of a service runs: a script of its own, beside those of the page.

// Of TypeScript's DOM library, which the library does without.
declare const self: {
  onmessage: (event: { readonly data: Frame }) => void;
  postMessage(frame: Frame, transferred: readonly ArrayBufferLike[]): void;
  reportError(error: unknown): void;
};

doTasks({
  channel: {
    listen: (onFrame) => {
      self.onmessage = ({ data }) => onFrame(data);
    },
    // All that is said was made to be said.
    say: (head, body = new Uint8Array()) => self.postMessage({ head, body }, [body.buffer]),
  },
  loadModel,
  // The page hears of it, and ends the worker.
  die: (error) => self.reportError(error),
});
