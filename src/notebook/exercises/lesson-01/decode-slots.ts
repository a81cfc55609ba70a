import { decode, type Complex } from "../../../he-ml/toy-ckks/index.js";
import { right, wrong, type Exercise, type Random, type Verdict } from "../exercise.js";
import { integer } from "../random.js";
import { responses } from "../responses.js";
import { agree, complexText, complexValues, conjugateOf, distance } from "./complex-values.js";

const degree = 8;
const tolerance = 1e-6;

export interface Encoded {
  readonly polynomial: readonly bigint[];
  readonly scale: number;
}

/** Read the slots of a polynomial of 8 coefficients. */
export const decodeSlots: Exercise<
  readonly Encoded[],
  (polynomial: bigint[], scale: number) => Complex[],
  null,
  readonly Complex[][]
> = {
  id: "decode-slots",
  lesson: "01",
  title: "decode: read the slots of a polynomial",
  points: 2,
  answer: "decode",
  hints: [
    "Slot k is the polynomial's value at ζ^e, where e is 1, 3, 9 and 11 for k = 0, 1, 2 and 3, divided by the scale.",
    "ζ = exp(πi/8), so (ζ^e)^j is cos(π·e·j/8) + i·sin(π·e·j/8). Sum coefficient j times that over all j.",
    "For each e of slotExponents(8): re = Σ Number(m[j])·cos(π·e·j/8) / scale, and im the same with sin.",
  ],
  draw: (random) => ({ question: [0, 1, 2].map(() => drawEncoded(random)), secret: null }),
  ask: (answer, question) => question.map(({ polynomial, scale }) => answer([...polynomial], scale)),
  judge(question, _, response) {
    const decoded = responses("decode", response, question.length);
    for (const [i, encoded] of question.entries()) {
      const verdict = judgeSlots(encoded, complexValues("decode", decoded[i], degree / 2));
      if (verdict) return verdict;
    }
    return right(`${question.length} polynomials, all ${degree / 2} slots of each`);
  },
};

/** What is wrong with the slots, if anything is. */
function judgeSlots(encoded: Encoded, got: readonly Complex[]): Verdict | undefined {
  const expected = decode(encoded);
  const at = got.findIndex((value, slot) => distance(value, expected[slot]) > tolerance);
  if (at < 0) return undefined;
  const says = `slot ${at} is ${complexText(got[at])}, expected ${complexText(expected[at])}`;
  const is = (other: readonly Complex[]) => agree(got, other, tolerance * encoded.scale);
  if (is(decode({ ...encoded, scale: 1 }))) return wrong(`${says}: it is not yet divided by the scale`, 1);
  if (is(expected.map(conjugateOf))) {
    return wrong(`${says}: the conjugates, which are the values at ζ^(−e)`, 2);
  }
  // ζ^5 and ζ^7 are conjugates of ζ^11 and ζ^9, slots 3 and 2.
  const [one, three, nine, eleven] = expected;
  if (is([one, three, conjugateOf(eleven), conjugateOf(nine)])) {
    return wrong(`${says}: these are the values at ζ, ζ³, ζ⁵ and ζ⁷; slots go by powers of 3`, 1);
  }
  return wrong(says, 1);
}

/** Coefficients other than 0, and far apart in their sizes. */
const drawEncoded = (random: Random): Encoded => ({
  polynomial: Array.from({ length: degree }, () =>
    BigInt((random() < 0.5 ? -1 : 1) * integer(random, 10, 500)),
  ),
  scale: 2 ** integer(random, 5, 9),
});
