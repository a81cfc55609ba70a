import { TeamFailedError } from "../kernels/ring-team.js";
import type { Ciphertext } from "../crypto/ciphertext.js";
import type { Evaluator } from "../crypto/evaluator.js";
import { isMine, type Team } from "../program/team.js";

/**
 * Shared memory in which the members of a team meet and hand ciphertexts over. Things are handed over in two banks
 * in turn: who fills a bank again knows that everyone has met since, and so has read what was in it.
 */
export interface TeamMemory {
  /** How many have come to the meeting, how many meetings there were, and whether someone failed. */
  readonly meeting: Int32Array;
  /** Bytes of each thing in each bank, 0 for none. */
  readonly lengths: Int32Array;
  readonly data: SharedArrayBuffer;
  /** Things in a bank, and bytes set apart for each. */
  readonly things: number;
  readonly stride: number;
}

const [arrived, meetings, failed] = [0, 1, 2];

export function teamMemory(things: number, stride: number): TeamMemory {
  return {
    meeting: new Int32Array(new SharedArrayBuffer(12)),
    lengths: new Int32Array(new SharedArrayBuffer(2 * 4 * things)),
    data: new SharedArrayBuffer(2 * things * stride),
    things,
    stride,
  };
}

/** A member's side of a team whose members are threads. */
export class SharedTeam implements Team {
  #bank = 0;

  constructor(
    readonly rank: number,
    readonly size: number,
    private readonly memory: TeamMemory,
    private readonly evaluator: Evaluator,
  ) {}

  share(
    count: number,
    make: (index: number) => Ciphertext | undefined,
    own: (ciphertext: Ciphertext) => Ciphertext,
  ): (index: number) => Ciphertext | undefined {
    const known = new Map<number, Ciphertext | undefined>();
    if (count === 0) return () => undefined;
    const first = this.#bank * this.memory.things;
    this.#bank = 1 - this.#bank;
    for (let index = this.rank; index < count; index += this.size) {
      const made = make(index);
      known.set(index, made && own(made));
      this.#put(first + index, made);
    }
    this.#meet();
    return (index) => {
      if (!known.has(index)) {
        const bytes = isMine(this, index) ? undefined : this.#bytes(first + index);
        known.set(index, bytes && own(this.evaluator.load(bytes)));
      }
      return known.get(index);
    };
  }

  #put(place: number, made: Ciphertext | undefined): void {
    const { data, stride, lengths } = this.memory;
    const bytes = made && this.evaluator.save(made);
    if (bytes) new Uint8Array(data, place * stride, stride).set(bytes);
    lengths[place] = bytes?.length ?? 0;
  }

  #bytes(place: number): Uint8Array | undefined {
    const { data, stride, lengths } = this.memory;
    return lengths[place] === 0 ? undefined : new Uint8Array(data, place * stride, lengths[place]);
  }

  /** Waits until all members have come. @throws TeamFailedError if one cannot */
  #meet(): void {
    const { meeting } = this.memory;
    const meetingNow = Atomics.load(meeting, meetings);
    if (Atomics.add(meeting, arrived, 1) === this.size - 1) {
      Atomics.store(meeting, arrived, 0);
      Atomics.add(meeting, meetings, 1);
      Atomics.notify(meeting, meetings);
    } else {
      // Whoever comes after a failure must not wait: it has changed the number of meetings already.
      while (Atomics.load(meeting, meetings) === meetingNow && Atomics.load(meeting, failed) === 0) {
        Atomics.wait(meeting, meetings, meetingNow);
      }
    }
    if (Atomics.load(meeting, failed) === 1) throw new TeamFailedError();
  }

  /** Tells the others not to wait any longer. */
  fail(): void {
    const { meeting } = this.memory;
    Atomics.store(meeting, failed, 1);
    Atomics.add(meeting, meetings, 1);
    Atomics.notify(meeting, meetings);
  }
}
