import { complex, decode, slotExponents, type Complex } from "../../../he-ml/toy-ckks/index.js";
import { right, wrong, type Exercise, type Random, type Verdict } from "../exercise.js";
import { integer } from "../random.js";
import { responses } from "../responses.js";
import { agree, complexText, complexValues, distance } from "./complex-values.js";

const degree = 8;
const tolerance = 1e-6;

export interface Encoded {
  readonly polynomial: readonly bigint[];
  readonly scale: number;
}

/** Read the slots of a polynomial of 8 coefficients. */
export const decodeSlots: Exercise<
  readonly Encoded[],
  (polynomial: bigint[], scale: number) => readonly Complex[],
  null,
  readonly (readonly Complex[])[]
> = {
  id: "decode-slots",
  lesson: "01",
  title: "decode: read the slots of a polynomial",
  points: 2,
  answer: "decode",
  hints: [
    "Slot k is the polynomial's value at ζ^e, where e is 1, 3, 9 and 11 for k = 0, 1, 2 and 3, divided by the scale.",
    "ζ = exp(πi/8), so (ζ^e)^j is cos(π·e·j/8) + i·sin(π·e·j/8). Sum coefficient j times that over all j.",
    "For each e of toy.slotExponents(8): add up Number(m[j]) * Math.cos((Math.PI * e * j) / 8) over j from 0 to 7, and divide by scale: that is re. With Math.sin it is im.",
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
  if (isCoefficients(encoded, is)) {
    return wrong(`${says}: these are coefficients; a slot is the polynomial's value at ζ^e`, 1);
  }
  const mistake = otherExponents.find(({ exponents }) => is(valuesAt(encoded, exponents)));
  return mistake ? wrong(`${says}: ${mistake.says}`, 2) : wrong(says, 1);
}

/** Four coefficients in a row for the slots, or eight as real and imaginary parts; divided by the scale, or not. */
const isCoefficients = (
  { polynomial, scale }: Encoded,
  is: (other: readonly Complex[]) => boolean,
): boolean =>
  [scale, 1].some((divisor) => {
    const c = polynomial.map((coefficient) => Number(coefficient) / divisor);
    const firstFour = c.slice(0, degree / 2);
    return (
      is(firstFour.map((re) => complex(re))) ||
      is(firstFour.map((re, k) => complex(re, c[k + degree / 2]))) ||
      is(firstFour.map((_, k) => complex(c[2 * k], c[2 * k + 1])))
    );
  });

/** Where else one may evaluate: at ζ^e for these e. */
const otherExponents: readonly { readonly exponents: readonly number[]; readonly says: string }[] = [
  {
    exponents: slotExponents(degree).map((e) => -e),
    says: "the conjugates, which are the values at ζ^(−e)",
  },
  {
    exponents: [1, 3, 5, 7],
    says: "these are the values at ζ, ζ³, ζ⁵ and ζ⁷; slots go by powers of 3",
  },
  {
    exponents: slotExponents(degree).map((e) => 2 * e),
    says: `the angle is twice too large; it is π·e·j/${degree}`,
  },
  {
    exponents: slotExponents(degree).map((e) => e / 2),
    says: `the angle is half as large as it should be; it is π·e·j/${degree}`,
  },
  {
    exponents: [0, 1, 2, 3],
    says: "these are the values at ζ⁰, ζ¹, ζ² and ζ³; the exponents are 1, 3, 9 and 11",
  },
  {
    exponents: [1, 2, 3, 4],
    says: "these are the values at ζ¹, ζ², ζ³ and ζ⁴; the exponents are 1, 3, 9 and 11",
  },
];

const valuesAt = ({ polynomial, scale }: Encoded, exponents: readonly number[]): Complex[] =>
  exponents.map((e) => {
    const sum = (part: (angle: number) => number) =>
      polynomial.reduce((all, c, j) => all + Number(c) * part((Math.PI * e * j) / degree), 0);
    return complex(sum(Math.cos) / scale, sum(Math.sin) / scale);
  });

/** Coefficients other than 0, and far apart in their sizes. */
const drawEncoded = (random: Random): Encoded => ({
  polynomial: Array.from({ length: degree }, () =>
    BigInt((random() < 0.5 ? -1 : 1) * integer(random, 10, 500)),
  ),
  scale: 2 ** integer(random, 5, 9),
});
