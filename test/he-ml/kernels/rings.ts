import { DoubleRing, doublePrimeBound } from "../../../src/he-ml/kernels/double-ring.js";
import { IntegerRing } from "../../../src/he-ml/kernels/integer-ring.js";
import { KernelMemory } from "../../../src/he-ml/kernels/kernel-memory.js";
import { loadKernels } from "../../../src/he-ml/kernels/load-kernels.js";
import type { ResidueRing } from "../../../src/he-ml/kernels/residue-ring.js";
import { seededRandom } from "../support.js";

export interface Rings {
  readonly memory: KernelMemory;
  /** Of each prime the rings that there are for it: on integers, and on doubles. */
  readonly of: (prime: bigint) => ResidueRing[];
}

export async function openRings(n: number, load = loadKernels): Promise<Rings> {
  const memory = new KernelMemory(n);
  const { integers, doubles } = await load(memory.memory);
  const made = new Map<bigint, ResidueRing[]>();
  return {
    memory,
    of(prime) {
      const known = made.get(prime) ?? [
        new IntegerRing(prime, memory, integers),
        ...(prime < doublePrimeBound ? [new DoubleRing(prime, memory, doubles!, integers)] : []),
      ];
      made.set(prime, known);
      return known;
    },
  };
}

/** Words in [0, p): random ones, and those at which arithmetic goes wrong first. */
export const polynomials: Readonly<Record<string, (n: number, p: bigint) => BigUint64Array>> = {
  random: (n, p) => {
    const random = seededRandom(Number(p % 1000n) + n);
    const word = () =>
      (BigInt(Math.floor(random() * 2 ** 30)) << 30n) | BigInt(Math.floor(random() * 2 ** 30));
    return BigUint64Array.from({ length: n }, () => word() % p);
  },
  zeros: (n) => new BigUint64Array(n),
  "all p − 1": (n, p) => new BigUint64Array(n).fill(p - 1n),
  "all (p − 1) / 2": (n, p) => new BigUint64Array(n).fill((p - 1n) / 2n),
  "all (p + 1) / 2": (n, p) => new BigUint64Array(n).fill((p + 1n) / 2n),
  "0 and p − 1 in turn": (n, p) => BigUint64Array.from({ length: n }, (_, i) => (i % 2 ? p - 1n : 0n)),
  "halves in turn": (n, p) => BigUint64Array.from({ length: n }, (_, i) => (p + (i % 2 ? 1n : -1n)) / 2n),
};

/** The polynomial in a memory; whoever asks gives it back. */
export function put({ memory }: Rings, ring: ResidueRing, words: BigUint64Array): number {
  const address = memory.take();
  ring.fromWords(address, words);
  return address;
}
