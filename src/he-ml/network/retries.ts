import { UnavailableError } from "./service-errors.js";

/** Another try may go better. */
export class PassingError extends UnavailableError {
  readonly mostTries: number;
  /** How long the server asks to wait. */
  readonly afterMilliseconds: number;

  constructor(
    message: string,
    {
      mostTries = 8,
      afterMilliseconds = 0,
      cause,
    }: ErrorOptions & Partial<Pick<PassingError, "mostTries" | "afterMilliseconds">> = {},
  ) {
    super(message, { cause });
    this.mostTries = mostTries;
    this.afterMilliseconds = afterMilliseconds;
  }
}

/** From the first try to the beginning of the last. */
const mostMilliseconds = 120_000;
const firstPause = 250;
const longestPause = 8000;

/**
 * Tries until it goes well, with pauses that grow, and differ by chance so that many clients do not come back all at once.
 *
 * @throws UnavailableError if it goes wrong too often or for too long; whatever else `work` throws, at once
 */
export async function withRetries<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const start = performance.now();
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof PassingError)) throw error;
      const grown = Math.min(longestPause, firstPause * 2 ** (tries - 1));
      const pause = Math.max(error.afterMilliseconds, grown / 2) + (Math.random() * grown) / 2;
      const elapsed = performance.now() - start;
      if (tries >= error.mostTries || elapsed + pause > mostMilliseconds) {
        throw new UnavailableError(
          `${error.message} (tried ${tries} times in ${(elapsed / 1000).toFixed(0)} s; try again later)`,
          { cause: error },
        );
      }
      await pauseFor(pause, signal);
    }
  }
}

/** @throws the signal's reason */
export function pauseFor(milliseconds: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal!.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
