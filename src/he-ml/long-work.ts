import { isObject, requireArgument } from "./arguments.js";

export interface LongWorkOptions {
  /** Stops the work between two steps; what it made so far is freed. */
  readonly signal?: AbortSignal;
  /** Told now and then how much is done. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** For work in the calling thread, which takes turns with whatever else waits for the event loop. */
export interface TurnOptions extends LongWorkOptions {
  /** How long a turn of the work is; 50 if left out. */
  readonly turnMilliseconds?: number;
}

/** @throws InputError unless what is given can stop and watch */
export function requireLongWork(operation: string, options: unknown): void {
  requireArgument(
    operation,
    isObject(options),
    "options, as { signal, onProgress }; leave them out",
    options,
  );
  const { signal, onProgress, turnMilliseconds } = options as Partial<Record<keyof TurnOptions, unknown>>;
  const isSignal = signal === undefined || (isObject(signal) && "throwIfAborted" in signal);
  requireArgument(`${operation}: signal`, isSignal, "an AbortSignal", signal);
  const isWatcher = onProgress === undefined || typeof onProgress === "function";
  requireArgument(`${operation}: onProgress`, isWatcher, "a function", onProgress);
  const isTime =
    turnMilliseconds === undefined || (typeof turnMilliseconds === "number" && turnMilliseconds >= 0);
  requireArgument(`${operation}: turnMilliseconds`, isTime, "milliseconds, 0 or more", turnMilliseconds);
}

export interface Step {
  readonly done: number;
  readonly total: number;
}

/** Does all the work at once. */
export function runToEnd<T>(steps: Generator<unknown, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** Often enough for a smooth progress bar and a prompt stop, rarely enough to cost nothing. */
const usualTurn = 50;

/**
 * Does the work in turns with everything else that waits for the event loop.
 *
 * @throws The signal's reason when it aborts, and whatever `onProgress` throws.
 */
export async function finishInTurns<T>(steps: Generator<Step, T>, options: TurnOptions = {}): Promise<T> {
  requireLongWork("options", options);
  const { signal, onProgress, turnMilliseconds = usualTurn } = options;
  signal?.throwIfAborted();
  let turnStart = performance.now();
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    if (performance.now() - turnStart < turnMilliseconds) continue;
    try {
      onProgress?.(step.value.done, step.value.total);
      await giveWay();
      signal?.throwIfAborted();
    } catch (error) {
      steps.throw(error);
    }
    turnStart = performance.now();
  }
}

/**
 * Lets everything else that waits for the event loop go first. A message comes without the delay that browsers put on
 * timers; a channel of its own comes after what else is due, where messages of one channel are taken in together.
 */
export function giveWay(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
