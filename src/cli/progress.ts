import { SingleBar } from "cli-progress";
import type { Output } from "./command-io.js";

/** A progress bar on stderr, drawn only where stderr is a terminal. */
export interface Progress {
  /** Shows how far a step is. */
  update(step: string, done: number, total: number): void;
  /** Takes the bar away. */
  stop(): void;
}

export function startProgress(stderr: Output): Progress {
  // Where stderr is no terminal, cli-progress draws nothing.
  const bar = new SingleBar({
    stream: stderr,
    format: "{step} {bar} {value}/{total}",
    hideCursor: true,
    clearOnComplete: true,
    stopOnComplete: false,
    barCompleteChar: "█",
    barIncompleteChar: "░",
    barsize: 30,
  });
  let started = false;
  return {
    update(step, done, total) {
      if (!started) bar.start(total, done, { step });
      started = true;
      bar.setTotal(total);
      bar.update(done, { step });
    },
    stop: () => bar.stop(),
  };
}
