import { setTimeout as delay } from "node:timers/promises";

/** Ends what may wait for a Redis that is away, but waits no longer than this. */
export async function closeWithin(milliseconds: number, ...closing: Promise<unknown>[]): Promise<void> {
  const late = new AbortController();
  await Promise.race([
    Promise.allSettled(closing),
    delay(milliseconds, undefined, { signal: late.signal }).catch(() => undefined),
  ]);
  late.abort();
}
