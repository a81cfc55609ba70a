import { StoreFullError, storeKinds, type Store, type StoreKind } from "./engine-types.js";

/** How much of a kind is kept. */
export interface StoreLimit {
  readonly bytes: number;
  readonly entries?: number;
}

export type StoreLimits = Readonly<Record<StoreKind, StoreLimit>>;

interface Entry {
  readonly bytes: Uint8Array;
  /** By `performance.now()`. */
  expires: number;
}

/** Jobs that were accepted are done; all else can be made or asked for again. */
export const isLasting = (kind: StoreKind) => kind === "input";

const sweepMilliseconds = 10_000;

/** Does it until it is stopped; Node ends all the same. @returns stops it */
function everySoOften(milliseconds: number, work: () => void): () => void {
  const timer: NodeJS.Timeout | number = setInterval(work, milliseconds);
  // A page's timers are numbers.
  if (typeof timer === "object") timer.unref();
  return () => clearInterval(timer);
}

/** Keeps bytes in this process. What is put is taken over, and must not be written to any more. */
export class MemoryStore implements Store {
  readonly #shelves: Readonly<Record<StoreKind, Shelf>>;
  /** What nobody asks for any more is let go, too. */
  readonly #stopSweeping: () => void;

  constructor(limits: StoreLimits) {
    const shelves = storeKinds.map((kind) => [kind, new Shelf(kind, limits[kind])]);
    this.#shelves = Object.fromEntries(shelves) as Record<StoreKind, Shelf>;
    this.#stopSweeping = everySoOften(sweepMilliseconds, () => {
      for (const kind of storeKinds) this.#shelves[kind].sweep();
    });
  }

  async put(kind: StoreKind, id: string, bytes: Uint8Array, secondsToLive: number): Promise<void> {
    this.#shelves[kind].put(id, bytes, secondsToLive);
  }

  async get(kind: StoreKind, id: string, secondsToLive?: number): Promise<Uint8Array | undefined> {
    return this.#shelves[kind].use(id, secondsToLive)?.bytes;
  }

  async touch(kind: StoreKind, id: string, secondsToLive: number): Promise<boolean> {
    return this.#shelves[kind].use(id, secondsToLive) !== undefined;
  }

  async delete(kind: StoreKind, id: string): Promise<void> {
    this.#shelves[kind].delete(id);
  }

  async usage(): Promise<Record<StoreKind, { readonly entries: number; readonly bytes: number }>> {
    const usage = storeKinds.map((kind) => [kind, this.#shelves[kind].usage()]);
    return Object.fromEntries(usage) as Awaited<ReturnType<Store["usage"]>>;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopSweeping();
    for (const kind of storeKinds) this.#shelves[kind].clear();
  }
}

/** Entries of one kind. */
class Shelf {
  /** Those least recently used come first. */
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  constructor(
    private readonly kind: StoreKind,
    private readonly limit: StoreLimit,
  ) {}

  put(id: string, bytes: Uint8Array, secondsToLive: number): void {
    if (!this.#fits(bytes.length, id)) this.sweep();
    if (!this.#fits(bytes.length, id) && !this.#canHold(bytes.length)) throw this.#full(bytes.length);
    this.delete(id);
    while (!this.#fits(bytes.length)) this.delete(this.#entries.keys().next().value!);
    this.#entries.set(id, { bytes, expires: performance.now() + 1000 * secondsToLive });
    this.#bytes += bytes.length;
  }

  use(id: string, secondsToLive?: number): Entry | undefined {
    const entry = this.#entries.get(id);
    if (!entry) return undefined;
    const now = performance.now();
    this.#entries.delete(id);
    if (entry.expires <= now) {
      this.#bytes -= entry.bytes.length;
      return undefined;
    }
    if (secondsToLive !== undefined) entry.expires = now + 1000 * secondsToLive;
    this.#entries.set(id, entry);
    return entry;
  }

  delete(id: string): void {
    this.#bytes -= this.#entries.get(id)?.bytes.length ?? 0;
    this.#entries.delete(id);
  }

  sweep(): void {
    const now = performance.now();
    for (const [id, { expires }] of this.#entries) if (expires <= now) this.delete(id);
  }

  usage(): { readonly entries: number; readonly bytes: number } {
    this.sweep();
    return { entries: this.#entries.size, bytes: this.#bytes };
  }

  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
  }

  /** @param instead of which entry, if there is one */
  #fits(length: number, instead?: string): boolean {
    const { bytes, entries = Infinity } = this.limit;
    const old = instead === undefined ? undefined : this.#entries.get(instead);
    const kept = this.#bytes - (old?.bytes.length ?? 0);
    return kept + length <= bytes && this.#entries.size - (old ? 1 : 0) < entries;
  }

  /** Whether there is room when others go. */
  #canHold(length: number): boolean {
    return !isLasting(this.kind) && length <= this.limit.bytes;
  }

  #full(length: number): StoreFullError {
    return new StoreFullError(
      `store: there is no room for ${length} bytes more (${this.kind}): ${this.#bytes} of ${this.limit.bytes} are taken`,
    );
  }
}
