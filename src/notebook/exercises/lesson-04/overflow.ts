import { right, wrong, type Exercise, type Random, type Verdict } from "../exercise.js";
import { integer } from "../random.js";
import { numbers, responses } from "../responses.js";

export interface Room {
  /** All primes that are left, multiplied: coefficients live between −modulus/2 and modulus/2. */
  readonly modulus: bigint;
  /** Of both factors; their product has its square. */
  readonly scale: number;
}

type Pair = readonly [number, number];

/** A product may be so many times as large as the room for it: just too large. */
const mostExcess = 4;
/** Products closer than this to a border lie on it: how roots round is not to decide. */
const border = 1e-6;

/** Name two values that fit, and whose product does not. */
export const overflow: Exercise<readonly Room[], (room: Room) => Pair, null, readonly Pair[]> = {
  id: "overflow",
  lesson: "04",
  title: "two inputs that overflow a given headroom",
  points: 1,
  answer: "overflow",
  hints: [
    "A value v at scale Δ stands in the ciphertext as v·Δ, and a product of two at scale Δ as a·b·Δ². What is the largest that a modulus Q can hold?",
    "Numbers from −Q/2 to Q/2 fit. So the room for a·b ends at Q/(2Δ²), from where it wraps around, while a alone fits up to Q/(2Δ).",
    "Let limit = Number(modulus) / (2 * scale ** 2), which is the room, and return Math.sqrt(2 * limit) twice: their product is twice as large.",
  ],
  draw: (random) => ({ question: rooms(random), secret: null }),
  ask: (answer, question) => question.map((room) => answer({ ...room })),
  judge(question, _, response) {
    const pairs = responses("overflow", response, question.length);
    for (const [i, room] of question.entries()) {
      const verdict = judgePair(room, numbers("overflow", pairs[i], 2));
      if (verdict) return verdict;
    }
    return right(`${question.length} products that wrap around, of factors that do not`);
  },
};

function judgePair({ modulus, scale }: Room, pair: readonly number[]): Verdict | undefined {
  const half = Number(modulus) / 2;
  const of = `Q = 2^${Math.log2(Number(modulus)).toFixed(1)}, Δ = 2^${Math.log2(scale)}`;
  const tooLarge = pair.find((value) => Math.abs(value) * scale >= half);
  if (tooLarge !== undefined) {
    const fits = (half / scale).toPrecision(3);
    return wrong(`${of}: ${tooLarge} does not even fit by itself, only values below ${fits} do`, 2);
  }
  const product = Math.abs(pair[0] * pair[1]);
  const room = half / scale ** 2;
  const times = product / room;
  const says = `${of}: the product is ${product.toPrecision(3)}`;
  const largest = `the room, the largest product that fits, is Q/(2Δ²) = ${room.toPrecision(3)}`;
  if (Math.abs(times - 1) < border) {
    return wrong(
      `${of}: the product ${product.toPrecision(3)} is just at the border, Q/(2Δ²); take a little more`,
      1,
    );
  }
  if (times < 1) return wrong(`${says}, and fits: ${largest}`, 1);
  if (times > mostExcess * (1 + border)) {
    return wrong(
      `${says}: it wraps around, but is ${times.toPrecision(3)} times the room; ` +
        `find one of at most ${mostExcess} times. ${largest[0].toUpperCase()}${largest.slice(1)}`,
      2,
    );
  }
  return undefined;
}

/** Rooms so far apart that no pair does for two of them. */
function rooms(random: Random): Room[] {
  const bits = integer(random, 2, 5);
  return [0, 1, 2].map((i) => {
    const scaleBits = integer(random, 12, 16);
    const headroomBits = bits + 4 * i;
    const odd = 2 * integer(random, 0, 2 ** 20) + 1;
    return { modulus: 2n ** BigInt(headroomBits + 2 * scaleBits) + BigInt(odd), scale: 2 ** scaleBits };
  });
}
