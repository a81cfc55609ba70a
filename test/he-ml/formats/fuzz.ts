import { expect } from "@jest/globals";
import { InputError } from "../../../src/he-ml/errors.js";
import { bytesHeld } from "../bytes-held.js";
import { seededRandom } from "../support.js";

type Random = (limit: number) => number;

/** Ways to damage a file; each gives a copy. */
const damages: readonly ((bytes: Uint8Array, below: Random) => Uint8Array)[] = [
  /** cut off */
  (bytes, below) => bytes.slice(0, below(bytes.length)),
  /** a few bits flipped */
  (bytes, below) => {
    const copy = bytes.slice();
    for (let flips = 1 + below(8); flips > 0; flips--) copy[below(copy.length)] ^= 1 << below(8);
    return copy;
  },
  /** a few bytes overwritten */
  (bytes, below) => {
    const copy = bytes.slice();
    for (let changes = 1 + below(4); changes > 0; changes--) copy[below(copy.length)] = below(256);
    return copy;
  },
  /** a run of the largest or smallest bytes, which make lengths lie */
  (bytes, below) => bytes.slice().fill(below(2) * 255, below(bytes.length), below(bytes.length)),
  (bytes, below) => {
    const start = below(bytes.length);
    return bytes.slice().fill(255, start, start + 1 + below(9));
  },
  /** a piece left out, or written twice */
  (bytes, below) => {
    const [from, to] = [below(bytes.length), below(bytes.length)];
    return new Uint8Array([...bytes.subarray(0, from), ...bytes.subarray(to)]);
  },
  /** something more at the end */
  (bytes, below) => new Uint8Array([...bytes, ...Array.from({ length: 1 + below(64) }, () => below(256))]),
];

/** More memory than any of the small files may take. */
const mostBytes = 2 ** 29;

/**
 * Damages sound files and reads them: each must be read, or refused in one line, and none may take much memory.
 *
 * @returns how many were read and refused
 */
export async function fuzz(
  sound: readonly Uint8Array[],
  read: (bytes: Uint8Array) => unknown,
  { count, seed }: { readonly count: number; readonly seed: number },
): Promise<{ read: number; refused: number }> {
  const random = seededRandom(seed);
  const below: Random = (limit) => Math.floor(random() * limit);
  const outcomes = { read: 0, refused: 0 };
  const [before, heldBefore] = [process.memoryUsage().rss, bytesHeld()];
  for (let i = 0; i < count; i++) {
    const damaged = damages[i % damages.length](sound[below(sound.length)], below);
    try {
      await read(damaged);
      outcomes.read++;
    } catch (error) {
      expect(error).toBeInstanceOf(InputError);
      expect((error as InputError).message).toMatch(/^.{1,2000}$/);
      outcomes.refused++;
    }
    // A process that other tests ran in grows by their garbage, too: what is held decides.
    if (i % 50 === 0 && process.memoryUsage().rss - before >= mostBytes) {
      expect(bytesHeld() - heldBefore).toBeLessThan(mostBytes);
    }
  }
  return outcomes;
}
