import { parentPort } from "node:worker_threads";
import { workerData } from "piscina";
import type { Work } from "../../threads/messages.js";
import { workerFor } from "../../threads/worker.js";

/** Piscina waits for a promised handler before it gives the worker its first task. */
export default workerFor(workerData as Work, (message) => parentPort!.postMessage(message));
