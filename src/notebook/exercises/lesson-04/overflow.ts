import { right, wrong, type Exercise, type Random, type Verdict } from "../exercise.js";
import { integer } from "../random.js";
import { numbers, responses } from "../responses.js";

export interface Room {
  /** All primes that are left, multiplied: coefficients live between −modulus/2 and modulus/2. */
  readonly modulus: bigint;
  /** Of both factors; their product has its square. */
  readonly scale: number;
}

/** A product may be so many times as large as the room for it: just too large. */
const mostExcess = 4;

/** Name two values that fit, and whose product does not. */
export const overflow: Exercise<
  readonly Room[],
  (room: Room) => [number, number],
  null,
  readonly [number, number][]
> = {
  id: "overflow",
  lesson: "04",
  title: "two inputs that overflow a given headroom",
  points: 1,
  answer: "overflow",
  hints: [
    "A value v at scale Δ stands in the ciphertext as v·Δ, and a product of two at scale Δ as a·b·Δ². What is the largest that a modulus q can hold?",
    "Numbers from −q/2 to q/2 fit. So a·b wraps around from q / (2·Δ²) on, while a alone fits up to q / (2·Δ).",
    "Let room = Number(modulus) / (2 * scale ** 2), and return two equal values whose product is twice that.",
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
  const of = `modulus 2^${Math.log2(Number(modulus)).toFixed(1)}, scale 2^${Math.log2(scale)}`;
  const tooLarge = pair.find((value) => Math.abs(value) * scale >= half);
  if (tooLarge !== undefined) {
    const fits = (half / scale).toPrecision(3);
    return wrong(`${of}: ${tooLarge} does not even fit by itself, only values below ${fits} do`, 2);
  }
  const [product, room] = [Math.abs(pair[0] * pair[1]), half / scale ** 2];
  if (product < room) {
    return wrong(
      `${of}: the product is ${product.toPrecision(3)}, and fits: there is room below ${room.toPrecision(3)}`,
      1,
    );
  }
  if (product > mostExcess * room) {
    return wrong(
      `${of}: the product ${product.toPrecision(3)} wraps around, but is ${(product / room).toPrecision(3)} times the room; ` +
        `find one of at most ${mostExcess} times`,
      3,
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
