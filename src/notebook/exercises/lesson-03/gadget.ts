import * as z from "zod";
import { InputError } from "../../../he-ml/errors.js";
import {
  centredMod,
  decompose,
  euclideanNorm,
  mod,
  reducePolynomial,
  uniformPolynomial,
  type Polynomial,
} from "../../../he-ml/toy-ckks/index.js";
import { right, wrong, type Exercise, type Verdict } from "../exercise.js";
import { responses, shown } from "../responses.js";

const degree = 32;
const sigma = 3.2;
/** Primes just below 2^(bits), so that a power of two is as good a base as the least one. */
const switches = [
  { q: 16777213n, pieces: 3 },
  { q: 1073741789n, pieces: 5 },
  { q: 68719476731n, pieces: 4 },
];
/** Between what digits around 0 and digits from 0 on come to, which is twice as much; many deviations from either. */
const margin = 1.5;
const largestBase = 2n ** 64n;

/** Next to ±q/2, where digits that are all brought around 0 lack a carry. */
function extremesOf(q: bigint): Polynomial {
  const half = (q - 1n) / 2n;
  return [-half, half, 1n - half, half - 1n];
}

/** A polynomial to cut into digits, and what the key switch may take and bring. */
export interface SwitchToBuild {
  readonly polynomial: Polynomial;
  readonly q: bigint;
  /** So many pieces has the key: one a digit, which encrypts Bⁱ·s². */
  readonly pieces: number;
  /** The largest standard deviation of the noise Σ digitᵢ·eᵢ, where each eᵢ has 3.2. */
  readonly noise: number;
}

const answerSchema = z.strictObject({
  base: z.bigint(),
  digits: z.array(z.array(z.bigint()).length(degree)).min(1).max(200),
});
type Digits = z.infer<typeof answerSchema>;

/** Build the gadget: digits that keep a key switch within a noise and a number of pieces. */
export const gadget: Exercise<
  readonly SwitchToBuild[],
  (toBuild: { polynomial: bigint[]; q: bigint; pieces: number; noise: number }) => {
    base: bigint;
    digits: readonly Polynomial[];
  },
  null,
  readonly unknown[]
> = {
  id: "gadget",
  lesson: "03",
  title: "a gadget within a noise bound",
  points: 3,
  answer: "gadgetDigits",
  hints: [
    "As many digits as there are pieces, each as small as it can be: which base B has B^pieces ≥ q? Then write each coefficient in that base, lowest digit first.",
    "The lowest digit is the remainder modulo B that is nearest to 0, toy.centredMod(c, B). Subtract it, divide by B, and go on with what is left; the last digit takes all that remains.",
    "const { polynomial, q, pieces } = toCut; const base = BigInt(Math.ceil(Number(q) ** (1 / pieces))); const digits: bigint[][] = []; let rest = polynomial; " +
      "while (digits.length < pieces - 1) { const lowest = rest.map((c) => toy.centredMod(c, base)); digits.push(lowest); " +
      "rest = rest.map((c, j) => (c - lowest[j]) / base); } return { base, digits: [...digits, rest] };",
  ],
  draw: (random) => ({
    question: switches.map(({ q, pieces }) => {
      const bits = Math.round(Math.log2(Number(q)));
      const expected = sigma * 2 ** (bits / pieces) * Math.sqrt((degree * pieces) / 12);
      const extremes = extremesOf(q);
      const polynomial = [...extremes, ...uniformPolynomial(degree - extremes.length, q, random)];
      return { polynomial, q, pieces, noise: Math.round(margin * expected) };
    }),
    secret: null,
  }),
  ask: (answer, question) =>
    question.map((toBuild) => answer({ ...toBuild, polynomial: [...toBuild.polynomial] })),
  judge(question, _, response) {
    const built = responses("gadgetDigits", response, question.length);
    for (const [i, toBuild] of question.entries()) {
      const verdict = judgeDigits(toBuild, digitsOf(built[i]));
      if (verdict) return verdict;
    }
    const counts = built.map((one) => digitsOf(one).digits.length);
    return right(`${counts.join(", ")} digits, each switch within its noise`);
  },
};

function digitsOf(response: unknown): Digits {
  const parsed = answerSchema.safeParse(response);
  if (parsed.success) return parsed.data;
  throw new InputError(
    `gadgetDigits: expected { base, digits } with a bigint and lists of ${degree} bigints, got ${shown(response)}; return both`,
  );
}

/** What is wrong with digits, if anything is. */
function judgeDigits(toBuild: SwitchToBuild, { base, digits }: Digits): Verdict | undefined {
  const { polynomial, q, pieces, noise } = toBuild;
  const of = `q = ${q}, base ${shown(base)}`;
  if (base < 2n || base > largestBase) return wrong(`${of}: a base is 2 or more, and at most about q`, 1);
  const recomposed = sumOf(digits, base, q);
  const at = recomposed.findIndex((coefficient, j) => coefficient !== centredMod(polynomial[j], q));
  if (at >= 0) return judgeSum(toBuild, { base, digits }, recomposed[at], at);
  const brings = Math.round(noiseOf(digits));
  if (digits.length > pieces) {
    return wrong(
      `${of}: the right number, and a noise of ${brings}, but too many digits: ${digits.length}, and the key has ${pieces} pieces. ` +
        `A larger base needs fewer`,
      1,
    );
  }
  if (brings <= noise) return undefined;
  const says = `${of}: the digits sum up to the right number, but the noise is ${shortly(brings)}, and the bound is ${noise}`;
  if (digits.length < pieces) {
    return wrong(
      `${says}: ${digits.length} digits where ${pieces} are allowed; smaller ones bring less noise`,
      1,
    );
  }
  if (digits.slice(0, -1).some((digit) => digit.some((one) => 2n * one > base || -2n * one > base))) {
    return wrong(
      `${says}: there are digits beyond ±B/2. Around 0, digits are half as large on average as from 0 on, and so is the noise`,
      2,
    );
  }
  if (base ** BigInt(pieces) > 2n * q) {
    return wrong(
      `${says}: B^${pieces} is far above q; a smaller base makes all digits but the last smaller`,
      1,
    );
  }
  return wrong(
    `${says}: the last digit is large, as it takes all that is left; a larger base leaves less`,
    1,
  );
}

/** What is wrong with digits that do not sum up to the polynomial. */
function judgeSum(
  { polynomial, q }: SwitchToBuild,
  { base, digits }: Digits,
  got: bigint,
  at: number,
): Verdict {
  const says =
    `q = ${q}, base ${shown(base)}: the digits of coefficient ${at} are ${shown(digits.map((digit) => digit[at]))}, ` +
    `which sum up to ${got}, expected ${polynomial[at]}`;
  if (isSame(sumOf([...digits].reverse(), base, q), polynomial)) {
    return wrong(`${says}: they come highest first, and digit i counts Bⁱ: lowest first`, 1);
  }
  const whole = decompose(polynomial, { base }, [q]);
  const isCut = digits.length < whole.length;
  if (isCut && digits.every((digit, i) => i === digits.length - 1 || isSame(digit, whole[i]))) {
    return wrong(`${says}: the last digit has to take all that is left`, 2);
  }
  const written = [polynomial, polynomial.map((coefficient) => mod(coefficient, q))];
  const most = base ** BigInt(digits.length);
  const sums = wholeSumOf(digits, base);
  if (written.some((values) => values.every((value, j) => (sums[j] - value) % most === 0n))) {
    if (most < q) return wrong(`${says}: the last digit has to take all that is left`, 2);
    const isAroundZero = digits.at(-1)!.some((digit) => digit < 0n);
    return wrong(
      isAroundZero
        ? `${says}: a carry out of the last digit was lost: the last digit takes all that is left, and is not brought around 0`
        : `${says}: a carry out of the last digit was lost: the last digit takes all that is left, below 0 too, and is no remainder modulo B`,
      2,
    );
  }
  const isUncarried = written.some((values) =>
    digits.slice(0, -1).every((digit, i) =>
      isSame(
        digit,
        values.map((value) => centredMod(value / base ** BigInt(i), base)),
      ),
    ),
  );
  if (digits.length > 1 && isUncarried) {
    return wrong(
      `${says}: where a digit was brought below 0, the next one has to be one more; subtract it before you divide by B`,
      2,
    );
  }
  return wrong(says, 1);
}

const isSame = (a: Polynomial, b: Polynomial) => a.every((one, j) => one === b[j]);

const sumOf = (digits: readonly Polynomial[], base: bigint, q: bigint): Polynomial =>
  reducePolynomial(wholeSumOf(digits, base % q), q);

const wholeSumOf = (digits: readonly Polynomial[], base: bigint): bigint[] =>
  digits[0].map((_, j) => digits.reduceRight((sum, digit) => sum * base + digit[j], 0n));

/** The deviation of Σ digitᵢ·eᵢ over all keys: σ·√(Σ ‖digitᵢ‖²). */
const noiseOf = (digits: readonly Polynomial[]): number => sigma * Math.hypot(...digits.map(euclideanNorm));

const shortly = (noise: number) => (noise < 1e7 ? String(noise) : noise.toExponential(1));
