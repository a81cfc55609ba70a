/** Things of several owners: each owner's come in order, and owners take turns. */
export class FairTurns<T> {
  /** The owner whose turn it is comes first. */
  readonly #waiting = new Map<string, T[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(owner: string, thing: T): void {
    const own = this.#waiting.get(owner);
    if (own) own.push(thing);
    else this.#waiting.set(owner, [thing]);
    this.#size++;
  }

  /** What `take` would give. */
  get next(): T | undefined {
    const [first] = this.#waiting.values();
    return first?.[0];
  }

  take(): T | undefined {
    const [first] = this.#waiting;
    if (!first) return undefined;
    const [owner, [thing, ...rest]] = first;
    this.#waiting.delete(owner);
    if (rest.length > 0) this.#waiting.set(owner, rest);
    this.#size--;
    return thing;
  }

  remove(owner: string, thing: T): void {
    const own = this.#waiting.get(owner) ?? [];
    const rest = own.filter((other) => other !== thing);
    this.#size -= own.length - rest.length;
    // An owner's place among the others stays.
    if (rest.length > 0) this.#waiting.set(owner, rest);
    else this.#waiting.delete(owner);
  }

  /** How many are taken before this one. */
  before(owner: string, thing: T): number {
    const position = this.#waiting.get(owner)?.indexOf(thing) ?? 0;
    let before = position;
    let isEarlier = true;
    for (const [other, { length }] of this.#waiting) {
      if (other === owner) isEarlier = false;
      else before += Math.min(length, position + (isEarlier ? 1 : 0));
    }
    return before;
  }
}
