import type { KernelMemory } from "./kernel-memory.js";
import { exchangePlaces, type RingTeam } from "./ring-team.js";

/**
 * Who holds which residues, and how others come by them. Data primes are dealt out to the members of a team in turn. Special
 * residues are held by the last member, which has least to do; at levels at which all have as much to do, each of what
 * stands for two polynomials is held by another member.
 *
 * Without a team everything is held here, and an exchange is no more than room to work in.
 */
export class Exchange {
  /** Polynomials, one a prime; several times as many, in turn. */
  readonly #places: readonly (readonly number[])[];

  /** @param primes data primes and the special one */
  constructor(
    private readonly memory: KernelMemory,
    private readonly primes: number,
    readonly team?: RingTeam,
  ) {
    this.#places = team ? exchangePlaces(memory.n, primes) : [memory.takeMany(primes)];
  }

  /** Begins an exchange. @returns places that are free now, one for each prime */
  begin(): readonly number[] {
    return this.#places[this.team?.next(this.#places.length) ?? 0];
  }

  /** Says that what is held here is in place. */
  put(): void {
    this.team?.put();
  }

  /** Waits for what the holder of prime i puts in its place. @throws TeamFailedError if another member failed */
  await(i: number): void {
    const { team } = this;
    team?.await(i === this.primes - 1 ? team.size - 1 : i % team.size);
  }

  /** Waits for what the holder of polynomial k's special residue puts in its place. */
  awaitSpecial(level: number, k: number): void {
    if (this.sharesSpecial(level)) this.team?.await(k);
    else this.await(this.primes - 1);
  }

  /** Whether the special residue of what stands for polynomial k of two is held here. */
  holdsSpecial(level: number, k: number): boolean {
    const { team } = this;
    return !team || (this.sharesSpecial(level) ? k : team.size - 1) === team.rank;
  }

  /** Whether special residues are divided among members. */
  sharesSpecial(level: number): boolean {
    return this.team !== undefined && this.team.size > 1 && level % this.team.size === 0;
  }

  /** Whether something holds for all members of a team. */
  everywhere(holds: boolean): boolean {
    const { team } = this;
    if (!team) return holds;
    const [place] = this.begin();
    this.memory.wordsAt(place)[team.rank] = holds ? 1n : 0n;
    team.put();
    return Array.from({ length: team.size }, (_, rank) => {
      team.await(rank);
      return this.memory.wordsAt(place)[rank] === 1n;
    }).every(Boolean);
  }
}
