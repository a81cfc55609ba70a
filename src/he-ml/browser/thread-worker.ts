import type { Message, Work } from "../threads/messages.js";
import { workerFor } from "../threads/worker.js";
import type { Beginning, InsideOfWorker } from "./threads/web-worker.js";

/** The script of a thread: what it is for is said in its first message. */
const self = globalThis as unknown as InsideOfWorker;

self.onmessage = ({ data: { work, lock } }: { readonly data: Beginning }) => {
  const handler = workerFor(work as Work, (message) => self.postMessage({ kind: "said", message }));
  self.onmessage = ({ data }: { readonly data: Message<never> }) => {
    handler
      .then((answerTo) => self.postMessage({ kind: "answer", answer: answerTo(data) }))
      .catch((error: unknown) => self.postMessage({ kind: "threw", error: String(error) }));
  };
  navigator.locks
    .request(lock, () => {
      self.postMessage({ kind: "locked" });
      return new Promise(() => undefined);
    })
    .catch((error: unknown) => self.reportError(error));
};
