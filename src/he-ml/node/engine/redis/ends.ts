/** How many ends are remembered, for those who ask just after one. */
const mostRemembered = 1000;
/** Who waits for an end that was there before looks again after so long. */
const soonMilliseconds = 50;

/** Who waits for the end of which run. */
export class Ends {
  readonly #waiting = new Map<string, Set<() => void>>();
  readonly #recent = new Set<string>();

  ended(run: string): void {
    for (const wake of this.#waiting.get(run) ?? []) wake();
    this.#recent.add(run);
    const [oldest] = this.#recent;
    if (this.#recent.size > mostRemembered) this.#recent.delete(oldest);
  }

  /** Until it ends, but no longer than so many milliseconds. */
  async wait(run: string, milliseconds: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return;
    const longest = this.#recent.has(run) ? Math.min(milliseconds, soonMilliseconds) : milliseconds;
    const waiting = this.#waiting.get(run) ?? new Set();
    this.#waiting.set(run, waiting);
    await new Promise<void>((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", wake);
        waiting.delete(wake);
        if (waiting.size === 0 && this.#waiting.get(run) === waiting) this.#waiting.delete(run);
        resolve();
      };
      const timer = setTimeout(wake, Math.max(0, longest));
      signal?.addEventListener("abort", wake, { once: true });
      waiting.add(wake);
    });
  }
}
