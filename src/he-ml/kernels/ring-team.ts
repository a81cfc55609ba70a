import { blockBytes, polynomialBytes } from "./memory-layout.js";
import { mostPages, pageBytes, WebAssembly, type WasmMemory } from "./web-assembly.js";

/** What the members of a team share: threads between which the residues of a ring are divided by prime. */
export interface TeamMemory {
  /** At its start are polynomials through which members exchange: see `exchangePlaces`. */
  readonly memory: WasmMemory;
  /** How many blocks of the memory are taken. */
  readonly top: Int32Array;
  /** Whether someone failed; then for each member up to which exchange it has put its things, and is done with others'. */
  readonly progress: Int32Array;
  readonly size: number;
}

/** Numbers that different members write lie in different lines of the cache. */
const stride = 16;
const putBy = (rank: number) => (1 + 2 * rank) * stride;
const doneBy = (rank: number) => (2 + 2 * rank) * stride;
const failed = 0;
const never = 2 ** 31 - 1;

/**
 * How often a member looks at a number that is about to change before it sleeps: a million times take some ten milliseconds. Who
 * sleeps is woken late, and who looks in vain keeps a core from whoever it waits for, if both are on one core. So each look that
 * was worth it doubles how long the next may take, and each that was in vain makes it a quarter.
 */
const looks = { least: 10_000, most: 1_000_000 };

/** How far a member may be ahead of the others, in exchanges. */
const exchangesAtOnce = 3;

/** Addresses through which a team exchanges, a polynomial for each prime; several times as many, which are used in turn. */
export function exchangePlaces(n: number, primes: number): number[][] {
  return Array.from({ length: exchangesAtOnce }, (_, turn) =>
    Array.from({ length: primes }, (_, i) => (turn * primes + i) * polynomialBytes(n)),
  );
}

/**
 * Memory for the kernels of a team.
 *
 * @param n coefficients of a polynomial
 * @param primes of the ring, the special one included
 * @param shared makes so many numbers, of 0, in memory that threads share
 */
export function teamMemory(
  size: number,
  n: number,
  primes: number,
  shared: (length: number) => Int32Array,
): TeamMemory {
  const bytes = exchangesAtOnce * primes * polynomialBytes(n);
  const initial = Math.ceil(bytes / pageBytes);
  return {
    memory: new WebAssembly.Memory({ initial, maximum: mostPages, shared: true }),
    top: shared(1).fill(Math.ceil(bytes / blockBytes)),
    progress: shared(doneBy(size)),
    size,
  };
}

/** Forgets what was exchanged, and who failed; while no member computes. */
export function resetTeam({ progress }: TeamMemory): void {
  progress.fill(0);
}

/** Has all members stop at their next exchange, or where they look for it. */
export function stopTeam({ progress }: TeamMemory): void {
  Atomics.store(progress, failed, 1);
}

/** Another member failed, or all were stopped, so what was divided cannot be finished; who failed says why. */
export class TeamFailedError extends Error {}

/**
 * A member's side of a team. All call the same operations in the same order, each on the primes that it holds; where one needs
 * what another holds, they exchange it. Exchanges are numbered, and their things lie in a few places in turn: who is ahead
 * waits for the others before it uses a place again, and who reads waits for the one who puts.
 */
export class RingTeam {
  #number = 0;
  #looks = looks.most;

  /** @param rank from 0 */
  constructor(
    readonly rank: number,
    readonly shared: TeamMemory,
  ) {}

  get size(): number {
    return this.shared.size;
  }

  /** To be called before operations that all members run, after `resetTeam`. */
  begin(): void {
    this.#number = 0;
  }

  /**
   * Begins an exchange, and ends the one before.
   *
   * @param places in turn
   * @returns the number of the one whose turn it is, which nobody reads any more
   * @throws TeamFailedError if another member failed
   */
  next(places: number): number {
    this.#note(doneBy(this.rank), this.#number);
    this.#number++;
    for (let rank = 0; rank < this.size; rank++) {
      if (rank !== this.rank) this.#wait(doneBy(rank), this.#number - places);
    }
    return this.#number % places;
  }

  /** Says that this member's things are in place. */
  put(): void {
    this.#note(putBy(this.rank), this.#number);
  }

  /** Waits for a member's things. @throws TeamFailedError if a member failed */
  await(rank: number): void {
    if (rank !== this.rank) this.#wait(putBy(rank), this.#number);
  }

  /** @throws TeamFailedError if a member failed, or all were stopped */
  requireGoing(): void {
    if (Atomics.load(this.shared.progress, failed) === 1) throw new TeamFailedError();
  }

  /** Tells the others not to wait any longer. */
  fail(): void {
    stopTeam(this.shared);
    // Whoever is about to wait must not: the number that it would wait for has changed.
    this.#note(putBy(this.rank), never);
    this.#note(doneBy(this.rank), never);
  }

  #note(place: number, number: number): void {
    Atomics.store(this.shared.progress, place, number);
    Atomics.notify(this.shared.progress, place);
  }

  #wait(place: number, number: number): void {
    const { progress } = this.shared;
    const isReached = () => Atomics.load(progress, place) >= number;
    if (!isReached()) this.#looks = this.#look(isReached) ? this.#looks * 2 : this.#looks / 4;
    this.#looks = Math.min(looks.most, Math.max(looks.least, this.#looks));
    for (let is = Atomics.load(progress, place); is < number; is = Atomics.load(progress, place)) {
      Atomics.wait(progress, place, is);
    }
    this.requireGoing();
  }

  /** @returns whether it was worth it */
  #look(isReached: () => boolean): boolean {
    for (let i = 0; i < this.#looks; i++) if (isReached()) return true;
    return false;
  }
}
