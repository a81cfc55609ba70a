import { checkBfvParameters } from "../../../he-ml/crypto/bfv/parameters.js";
import { nearestBatchingPrimes } from "../../../he-ml/crypto/bfv/batching-primes.js";
import { right, wrong, type Exercise, type Random } from "../exercise.js";
import type { Mistake } from "../mistakes.js";
import { integer } from "../random.js";
import { numbers } from "../responses.js";
import { budgetAfterSquares } from "./squares.js";

interface Spent {
  readonly polyModulusDegree: number;
  /** Data primes first, the special one last. */
  readonly coeffModulusBits: readonly number[];
  /** One after the other. */
  readonly squares: number;
}

/** Each square is rescaled, by a prime as large as the scale. */
export interface SpentInCkks extends Spent {
  readonly scheme: "ckks";
  readonly scaleBits: number;
  /** The largest input. */
  readonly largest: number;
}

export interface SpentInBfv extends Spent {
  readonly scheme: "bfv";
  readonly plainModulus: number;
}

export type SpentCircuit = SpentInCkks | SpentInBfv;

/** In bits. */
const within = { ckks: 0.5, bfv: 6 } as const;

/** Say how many bits are left: of headroom in CKKS, of the noise budget in BFV. */
export const whatIsLeft: Exercise<
  readonly SpentCircuit[],
  (circuit: SpentCircuit) => number,
  null,
  readonly number[]
> = {
  id: "what-is-left",
  lesson: "08",
  title: "how many bits are left, in CKKS and in BFV",
  points: 2,
  answer: "whatIsLeft",
  hints: [
    "In CKKS each square drops a prime, and at the end the modulus that is left holds scale, largest result and sign. In BFV no prime is dropped: what does a fresh ciphertext start with, and what does each square take?",
    "CKKS: bits of the data primes that are left, minus scaleBits, minus 2^squares · log2(largest), minus 1. BFV: bits of all data primes, minus log2(p), minus 5; and each square takes log2(p) + log2(N) − 1.",
    "With data = coeffModulusBits.slice(0, -1): in CKKS sum(data.slice(0, data.length - squares)) - scaleBits - 2 ** squares * Math.log2(largest) - 1; " +
      "in BFV sum(data) - Math.log2(plainModulus) - 5 - squares * (Math.log2(plainModulus) + Math.log2(polyModulusDegree) - 1).",
  ],
  draw: (random) => ({ question: [...drawCkks(random), ...drawBfv(random)], secret: null }),
  ask: (answer, question) => question.map((circuit) => answer({ ...circuit })),
  async judge(question, _, response) {
    const answers = numbers("whatIsLeft", response, question.length);
    const measured: string[] = [];
    for (const [i, circuit] of question.entries()) {
      const left = await leftIn(circuit);
      if (Math.abs(answers[i] - left) <= within[circuit.scheme]) {
        measured.push(left.toFixed(0));
        continue;
      }
      const says = `${named(circuit)}: ${answers[i].toFixed(1)} bits, and there are ${left.toFixed(1)}`;
      const mistake = mistakeIn(circuit, answers[i]);
      return mistake === undefined ? wrong(says, 1) : wrong(`${says}: ${mistake}`, 2);
    }
    return right(`${measured.join(", ")} bits are left`);
  },
};

function named({ scheme, polyModulusDegree, coeffModulusBits, squares, ...rest }: SpentCircuit): string {
  const chain = `[${coeffModulusBits.slice(0, -1).join(", ")} | ${coeffModulusBits.at(-1)}]`;
  const own =
    "plainModulus" in rest
      ? `p = ${rest.plainModulus}`
      : `scale 2^${rest.scaleBits}, x up to ${rest.largest}`;
  return `${scheme === "bfv" ? "BFV" : "CKKS"}, N = ${polyModulusDegree}, ${chain}, ${own}, ${squares} ${squares === 1 ? "square" : "squares"}`;
}

const sum = (bits: readonly number[]) => bits.reduce((all, one) => all + one, 0);
const dataOf = ({ coeffModulusBits }: Spent) => coeffModulusBits.slice(0, -1);
const stayingOf = (circuit: Spent) => dataOf(circuit).slice(0, dataOf(circuit).length - circuit.squares);

const headroom = (circuit: SpentInCkks) =>
  sum(stayingOf(circuit)) - circuit.scaleBits - 2 ** circuit.squares * Math.log2(circuit.largest) - 1;

const plainBits = ({ plainModulus }: SpentInBfv) => Math.log2(plainModulus);
const ofFresh = (circuit: SpentInBfv) => sum(dataOf(circuit)) - plainBits(circuit) - 5;
const ofSquares = (circuit: SpentInBfv) =>
  circuit.squares * (plainBits(circuit) + Math.log2(circuit.polyModulusDegree) - 1);
const budget = (circuit: SpentInBfv) => ofFresh(circuit) - ofSquares(circuit);

/** Headroom follows from the primes' sizes; BFV's budget is measured, on a ciphertext under keys of its own. */
const leftIn = async (circuit: SpentCircuit): Promise<number> =>
  circuit.scheme === "ckks" ? headroom(circuit) : budgetAfterSquares(bfvParameters(circuit), circuit.squares);

const bfvParameters = ({ polyModulusDegree, coeffModulusBits, plainModulus }: SpentInBfv) =>
  checkBfvParameters({
    scheme: "bfv",
    encoding: "integers",
    scaleBits: 0,
    ...{ polyModulusDegree, coeffModulusBits, plainModulus },
  });

const ckksMistakes: readonly Mistake<SpentInCkks>[] = [
  {
    gives: (circuit) => headroom(circuit) + sum(dataOf(circuit)) - sum(stayingOf(circuit)),
    says: () => "each square is rescaled, and that drops a prime",
  },
  {
    gives: (circuit) => headroom(circuit) + circuit.coeffModulusBits.at(-1)!,
    says: () => "the last prime is the special one, which no ciphertext has",
  },
  {
    gives: (circuit) => headroom(circuit) + (2 ** circuit.squares - 1) * Math.log2(circuit.largest),
    says: ({ squares }) => `the largest input is not the largest result, which is its power ${2 ** squares}`,
  },
  {
    gives: (circuit) => headroom(circuit) + 2 ** circuit.squares * Math.log2(circuit.largest),
    says: () => "the values take room, too, not only their scale",
  },
  { gives: (circuit) => headroom(circuit) + 1, says: () => "the sign takes one bit" },
  {
    gives: (circuit) => headroom(circuit) + circuit.scaleBits,
    says: () => "the scale itself takes room: what is left is above it",
  },
];

const bfvMistakes: readonly Mistake<SpentInBfv>[] = [
  {
    gives: (circuit) => budget(circuit) + circuit.coeffModulusBits.at(-1)!,
    says: () => "the last prime is the special one, which no ciphertext has",
  },
  {
    gives: (circuit) => ofFresh(circuit) - circuit.squares * plainBits(circuit),
    says: () => "a square takes log2(N) − 1 bits besides those of p",
  },
  {
    gives: (circuit) => budget(circuit) + plainBits(circuit),
    says: () => "a fresh ciphertext does not start with all of the modulus: p takes its bits from it",
  },
  { gives: ofFresh, says: () => "that is the budget of a fresh ciphertext; squares take from it" },
  {
    gives: (circuit) => sum(stayingOf(circuit)) - plainBits(circuit) - 5,
    says: () => "primes are dropped as in CKKS, but BFV drops none: noise grows instead",
  },
];

/** Two mistakes differ by more. */
const closeness = 0.25;

function mistakeIn(circuit: SpentCircuit, answer: number): string | undefined {
  const isMade = (given: number) => Math.abs(given - answer) < closeness;
  if (circuit.scheme === "ckks") {
    return ckksMistakes.find(({ gives }) => isMade(gives(circuit)))?.says(circuit);
  }
  return bfvMistakes.find(({ gives }) => isMade(gives(circuit)))?.says(circuit);
}

function drawCkks(random: Random): SpentInCkks[] {
  return [2, 3].map((squares) => {
    const scaleBits = integer(random, 31, 36);
    const largest = integer(random, 15, 19) / 10;
    const room = Math.ceil(2 ** squares * Math.log2(largest)) + 1;
    const first = scaleBits + room + integer(random, 2, 12);
    const unused = integer(random, 1, 2);
    const ofScale = Array.from({ length: squares + unused }, () => scaleBits);
    return {
      ...({ scheme: "ckks", polyModulusDegree: 16384 } as const),
      coeffModulusBits: [first, ...ofScale, 60],
      ...{ squares, scaleBits, largest },
    };
  });
}

/** p so large that leaving anything out is more than the tolerance. */
function drawBfv(random: Random): SpentInBfv[] {
  const kinds = [
    { polyModulusDegree: 4096, coeffModulusBits: [36, 36, 37], squares: 1, plainBits: [15, 17] },
    { polyModulusDegree: 8192, coeffModulusBits: [43, 43, 44, 44, 44], squares: 2, plainBits: [18, 28] },
    { polyModulusDegree: 8192, coeffModulusBits: [43, 43, 44, 44, 44], squares: 3, plainBits: [18, 22] },
  ] as const;
  return kinds.map(({ plainBits: [least, most], polyModulusDegree, coeffModulusBits, squares }) => {
    const wanted = Math.round(2 ** (integer(random, 8 * least, 8 * most) / 8));
    const { above } = nearestBatchingPrimes(polyModulusDegree, wanted, 2 ** 40);
    return { scheme: "bfv", polyModulusDegree, coeffModulusBits, squares, plainModulus: above! };
  });
}
