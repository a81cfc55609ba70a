import { TaskFailedError } from "../../engine/engine-types.js";
import type { PlaceListener, WorkerPlace } from "../../engine/task-worker.js";
import type { Frame } from "../../engine/worker-messages.js";

// Of TypeScript's DOM library, which the library does without.
interface WebWorker {
  onmessage: (event: { readonly data: Frame }) => void;
  onerror: (event: { readonly message?: string; preventDefault(): void }) => void;
  postMessage(frame: Frame): void;
  terminate(): void;
}
declare const Worker: new (
  script: URL,
  options: { readonly type: "module"; readonly name: string },
) => WebWorker;

/** Starts a Web Worker for a worker. What memory it takes, nobody can see. */
export function openWebWorker({ onFrame, onNonsense }: PlaceListener): WorkerPlace {
  const worker = new Worker(new URL("./engine-worker.js", import.meta.url), {
    type: "module",
    name: "he-ml service",
  });
  let cause = new Error("it was ended");
  let isGone = false;
  let go: () => void;
  const ended = new Promise<void>((resolve) => (go = resolve));
  const end = () => {
    worker.terminate();
    isGone = true;
    go();
  };
  worker.onmessage = ({ data }) => {
    if (isGone) return;
    try {
      onFrame(data);
    } catch (error) {
      onNonsense(error);
    }
  };
  worker.onerror = (event) => {
    event.preventDefault();
    cause = new Error(
      event.message ?? "its script cannot be loaded; serve he-ml's engine-worker.js beside the other scripts",
    );
    end();
  };
  return {
    ended,
    send: (head, body = new Uint8Array()) => worker.postMessage({ head, body }),
    kill: end,
    residentBytes: () => undefined,
    causeOfDeath: () =>
      new TaskFailedError("died", "job: the worker that did it died; send it again", { cause }),
  };
}
