import { startLayers } from "./layer-worker.js";
import type { Answer, Message, Work } from "./messages.js";
import { startStages } from "./stage-worker.js";
import { startMember } from "./team-worker.js";
import { answering } from "./worker-clients.js";

/** A worker's handler of messages, whatever it was started for. */
export type Worker = (message: Message<never>) => Answer<unknown>;

/**
 * What answers in a worker.
 *
 * @param tell what the worker says of its own accord
 */
export function workerFor(work: Work, tell: (message: unknown) => void): Promise<Worker> {
  switch (work.kind) {
    case "layer":
      return answering(() => startLayers(work));
    case "stage":
      return answering(() => startStages(work));
    case "team":
      return answering(() => startMember(work, tell));
  }
}
