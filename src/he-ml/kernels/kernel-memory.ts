import { InputError } from "../errors.js";
import { elsewhere } from "./absent-ring.js";
import { blockBytes, polynomialBytes, wordBytes } from "./memory-layout.js";
import type { TeamMemory } from "./ring-team.js";
import { mostPages, pageBytes, WebAssembly, type WasmMemory } from "./web-assembly.js";

/** Static data of the kernels, of which there is none, and the lists of addresses that are handed to them. */
const listBytes = 65536;
/** Terms of a sum of multiples that there is room for in lists: an address and a weight each. */
export const mostTerms = Math.floor(listBytes / 12);

/**
 * The memory that kernels work in: tables that stay, and polynomials of n words that come and go. Polynomials that are given
 * back are handed out again, so that a run that is repeated takes no more memory.
 */
export class KernelMemory {
  readonly memory: WasmMemory;
  readonly #free: number[] = [];
  /** What was taken since an attempt began, and not given back. */
  #taken?: Set<number>;
  /** Blocks that are taken, by all who share the memory. */
  readonly #top: Int32Array;
  readonly #lists: number;
  #words?: BigUint64Array;

  /**
   * @param n coefficients of a polynomial
   * @param mostBytes that may be taken in all
   * @param team whose members share the memory: what each takes is its own, but for what they agree upon
   */
  constructor(
    readonly n: number,
    private readonly mostBytes = mostPages * pageBytes,
    team?: TeamMemory,
  ) {
    this.memory = team?.memory ?? new WebAssembly.Memory({ initial: 2, maximum: mostPages });
    this.#top = team?.top ?? Int32Array.of(0);
    this.#lists = this.#allocate(listBytes);
  }

  /** Bytes taken from the system so far. */
  get bytes(): number {
    return this.memory.buffer.byteLength;
  }

  /** Polynomials that were given back and wait. */
  get waiting(): number {
    return this.#free.length;
  }

  /** Room for a polynomial, of unknown content. @throws InputError if there is none left */
  take(): number {
    const address = this.#free.pop() ?? this.#allocate(polynomialBytes(this.n));
    this.#taken?.add(address);
    return address;
  }

  /** Work that takes polynomials, all of which are given back if it throws. */
  attempt<T>(work: () => T): T {
    const outer = this.#taken;
    const taken = new Set<number>();
    this.#taken = taken;
    try {
      const result = work();
      for (const address of taken) outer?.add(address);
      return result;
    } catch (error) {
      this.give([...taken]);
      throw error;
    } finally {
      this.#taken = outer;
    }
  }

  takeMany(count: number): number[] {
    return Array.from({ length: count }, () => this.take());
  }

  /** Takes polynomials back, those that are elsewhere left out. */
  give(addresses: Iterable<number>): void {
    for (const address of addresses) {
      if (address === elsewhere) continue;
      this.#taken?.delete(address);
      this.#free.push(address);
    }
  }

  /** Room for a table that stays, with this content. @throws InputError if there is none left */
  keep(table: ArrayBufferView): number {
    const address = this.#allocate(table.byteLength);
    const bytes = new Uint8Array(table.buffer, table.byteOffset, table.byteLength);
    new Uint8Array(this.memory.buffer, address, table.byteLength).set(bytes);
    return address;
  }

  /** The words of a polynomial; valid until something is taken or kept. */
  wordsAt(address: number): BigUint64Array {
    if (this.#words?.buffer !== this.memory.buffer) this.#words = new BigUint64Array(this.memory.buffer);
    return this.#words.subarray(address / wordBytes, address / wordBytes + this.n);
  }

  /** As `wordsAt`, where they are doubles. */
  doublesAt(address: number): Float64Array {
    return new Float64Array(this.memory.buffer, address, this.n);
  }

  /** As `wordsAt`, as bytes. */
  bytesAt(address: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, address, this.n * wordBytes);
  }

  copy(to: number, from: number): void {
    new Uint8Array(this.memory.buffer).copyWithin(to, from, from + this.n * wordBytes);
  }

  /**
   * Writes lists of addresses where kernels read them, until the next call.
   *
   * @returns where each of them starts
   */
  lists(...lists: readonly (readonly number[])[]): number[] {
    const room = Math.floor(listBytes / 4 / lists.length);
    const view = new Uint32Array(this.memory.buffer, this.#lists, listBytes / 4);
    return lists.map((list, i) => {
      if (list.length > room)
        throw new Error(`kernels: a list of ${list.length} addresses, room for ${room}`);
      view.set(list, i * room);
      return this.#lists + i * room * 4;
    });
  }

  /**
   * Writes addresses, and weights as doubles, where kernels read them, until the next call.
   *
   * @param addresses at most `mostTerms`, and as many weights
   * @returns where both lists start
   */
  terms(
    addresses: readonly number[],
    weights: readonly number[],
  ): { readonly as: number; readonly weights: number } {
    if (addresses.length > mostTerms) {
      throw new Error(`kernels: ${addresses.length} terms, room for ${mostTerms}`);
    }
    const [at, behind] = [this.#lists, this.#lists + mostTerms * 8];
    new Float64Array(this.memory.buffer, at, mostTerms).set(weights);
    new Uint32Array(this.memory.buffer, behind, mostTerms).set(addresses);
    return { as: behind, weights: at };
  }

  #allocate(bytes: number): number {
    const blocks = Math.ceil(bytes / blockBytes);
    const before = Atomics.add(this.#top, 0, blocks);
    const address = before * blockBytes;
    const top = address + blocks * blockBytes;
    const missing = Math.ceil((top - this.memory.buffer.byteLength) / pageBytes);
    // Growing makes a new buffer in JavaScript, and thousands of these keep its garbage collector busy; what is not touched
    // takes no memory.
    const ahead = Math.ceil(this.memory.buffer.byteLength / pageBytes / 8);
    const grown = missing <= 0 || this.#grow(Math.max(missing, ahead)) || this.#grow(missing);
    if (top > this.mostBytes || !grown) {
      // Unless others have taken something since.
      Atomics.compareExchange(this.#top, 0, before + blocks, before);
      throw new InputError(
        `evaluator: the ${(this.mostBytes / 2 ** 20).toFixed(0)} MiB of the kernels are exhausted; dispose of ` +
          `ciphertexts that are no longer needed, or use fewer primes`,
      );
    }
    return address;
  }

  #grow(missing: number): boolean {
    try {
      this.memory.grow(missing);
      return true;
    } catch {
      return false;
    }
  }
}
