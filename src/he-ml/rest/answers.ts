/** Jobs that are remembered, so that a client that never asks again takes no room for ever. */
const most = 10_000;

const moment = () => new Promise<void>((resolve) => setTimeout(resolve, 50));

/** Jobs that were accepted, and whose answers nobody has fetched yet. */
export class Answers {
  readonly #waited = new Set<string>();

  accepted(job: string): void {
    this.#waited.add(job);
    const [oldest] = this.#waited;
    if (this.#waited.size > most) this.#waited.delete(oldest);
  }

  /** @returns whether it is the first time */
  fetched(job: string): boolean {
    return this.#waited.delete(job);
  }

  /** Waits until all are fetched, but no longer than so many seconds. */
  async allFetched(seconds: number): Promise<void> {
    const end = performance.now() + seconds * 1000;
    while (this.#waited.size > 0 && performance.now() < end) await moment();
  }
}
