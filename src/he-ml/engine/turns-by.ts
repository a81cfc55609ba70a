/** Lets work on the same thing be done one after the other, and work on different things at once. */
export class TurnsBy {
  readonly #last = new Map<string, Promise<unknown>>();

  /** @param thing names what is worked on */
  async take<R>(thing: string, work: () => Promise<R>): Promise<R> {
    const mine = (this.#last.get(thing) ?? Promise.resolve()).then(work);
    const settled = mine.catch(() => undefined);
    this.#last.set(thing, settled);
    try {
      return await mine;
    } finally {
      if (this.#last.get(thing) === settled) this.#last.delete(thing);
    }
  }
}
