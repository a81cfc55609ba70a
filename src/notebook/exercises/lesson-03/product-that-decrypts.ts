import {
  addPolynomials,
  multiplyPolynomials,
  reducePolynomial,
  rlweSample,
  ternaryPolynomial,
  zeroPolynomial,
  type Polynomial,
} from "../../../he-ml/toy-ckks/index.js";
import { InputError } from "../../../he-ml/errors.js";
import { isStubMessage, right, wrong, type Exercise, type Random, type Verdict } from "../exercise.js";
import { integer } from "../random.js";
import { bigints, responses, shown } from "../responses.js";
import { keyOfBothSigns, same } from "../lesson-02/polynomials.js";
import { lessonKey, lessonQ, reducedByLessonQ } from "./lesson-cells.js";

const degree = 8;
const q = 1073741789n;
const sigma = 3.2;

type Pair = readonly [Polynomial, Polynomial];

/** Two ciphertexts to multiply, and three polynomials, of other ones, to decrypt with their key. */
export interface ProductCase {
  readonly x: Pair;
  readonly y: Pair;
  readonly product: readonly [Polynomial, Polynomial, Polynomial];
  readonly secretKey: Polynomial;
}

/** What a server does, and what a client does. */
export interface ProductAnswer {
  multiply(x: [bigint[], bigint[]], y: [bigint[], bigint[]], q: bigint): readonly Polynomial[];
  decrypt(product: bigint[][], secretKey: bigint[], q: bigint): Polynomial;
}

/** Multiply two ciphertexts into three polynomials, and decrypt three polynomials. */
export const productThatDecrypts: Exercise<ProductCase, ProductAnswer, null, readonly [unknown, unknown]> = {
  id: "product-that-decrypts",
  lesson: "03",
  title: "a product that decrypts",
  points: 2,
  answer: "{ multiply, decrypt }",
  hints: [
    "Write (x0 + x1·s)·(y0 + y1·s) without brackets, and sort by powers of s. What stands before s, and what before s²?",
    "The three polynomials are x0·y0, x0·y1 + x1·y0 and x1·y1; a product decrypts as c0 + c1·s + c2·s·s. All of it modulo q.",
    "const c1 = toy.addPolynomials(toy.multiplyPolynomials(x0, y1), toy.multiplyPolynomials(x1, y0)); " +
      "return [toy.multiplyPolynomials(x0, y0), c1, toy.multiplyPolynomials(x1, y1)].map((c) => toy.reducePolynomial(c, q)); and to decrypt: " +
      "const inner = toy.addPolynomials(c1, toy.multiplyPolynomials(c2, key)); return toy.reducePolynomial(toy.addPolynomials(c0, toy.multiplyPolynomials(inner, key)), q);",
  ],
  draw(random) {
    const [mine, other] = [0, 1].map(() => keyOfBothSigns(degree, random));
    const [x, y] = [0, 1].map(() => encrypted(mine, random));
    const product = multiplied(encrypted(other, random), encrypted(other, random));
    return { question: { x, y, product, secretKey: other }, secret: null };
  },
  ask: ({ multiply, decrypt }, { x, y, product, secretKey }) => [
    written(() => multiply(copied(x), copied(y), q)),
    written(() =>
      decrypt(
        product.map((polynomial) => [...polynomial]),
        [...secretKey],
        q,
      ),
    ),
  ],
  judge(question, _, response) {
    const [product, decrypted] = responses("{ multiply, decrypt }", response, 2);
    if (product === undefined) return wrong("multiply is still to be written", 1);
    if (decrypted === undefined) {
      return (
        judgeProduct(question, product) ?? wrong("multiply is right, and decrypt is still to be written", 2)
      );
    }
    return (
      judgeProduct(question, product) ??
      judgeDecrypted(question, decrypted) ??
      right("three polynomials, and three polynomials decrypted")
    );
  },
};

/** What it gives; undefined where it is still the stub, as the other half may be written. */
function written<T>(half: () => T): T | undefined {
  try {
    return half();
  } catch (thrown) {
    if (thrown instanceof Error && isStubMessage(thrown.message)) return undefined;
    throw thrown;
  }
}

const copied = ([c0, c1]: Pair): [bigint[], bigint[]] => [[...c0], [...c1]];

function encrypted(secretKey: Polynomial, random: Random): Pair {
  const m = ternaryPolynomial(degree, random).map((sign) => sign * BigInt(integer(random, 10, 99)));
  const { b, a } = rlweSample(secretKey, { q, sigma }, random);
  return [reducePolynomial(addPolynomials(b, m), q), a];
}

type Times = (a: Polynomial, b: Polynomial) => Polynomial;
const times: Times = multiplyPolynomials;
const timesPlaceByPlace: Times = (a, b) => a.map((one, j) => one * b[j]);
const reduced = (polynomial: Polynomial) => reducePolynomial(polynomial, q);
const isCongruent = (a: Polynomial, b: Polynomial, modulus: bigint) =>
  same(reducePolynomial(a, modulus), reducePolynomial(b, modulus));
const isCongruentByEither = (a: Polynomial, b: Polynomial) =>
  [q, lessonQ].some((modulus) => isCongruent(a, b, modulus));

/** Not reduced yet. */
const productOf = ([x0, x1]: Pair, [y0, y1]: Pair, by: Times): Polynomial[] => [
  by(x0, y0),
  addPolynomials(by(x0, y1), by(x1, y0)),
  by(x1, y1),
];

function multiplied(x: Pair, y: Pair): [Polynomial, Polynomial, Polynomial] {
  const [c0, c1, c2] = productOf(x, y, times).map(reduced);
  return [c0, c1, c2];
}

const partsOfProduct = [
  "the part without s, c0, is not x0·y0",
  "the part with s, c1, is not x0·y1 + x1·y0",
  "the part with s², c2, is not x1·y1",
];
const placeByPlace = "that was multiplied place by place; polynomials multiply by toy.multiplyPolynomials";

/** What is wrong with a product, if anything is. */
function judgeProduct({ x, y }: ProductCase, response: unknown): Verdict | undefined {
  const expected = multiplied(x, y);
  if (!Array.isArray(response)) {
    throw new InputError(
      `multiply: expected a list of three polynomials, got ${shown(response)}; return [c0, c1, c2]`,
    );
  }
  if (response.length === 2) {
    return wrong(
      "multiply returned two polynomials, as if c0 + c1·s were a pair of numbers: a product of two sums has mixed terms, and one with s²",
      1,
    );
  }
  const got = responses("multiply", response, 3).map((one, i) => bigints(`multiply: c${i}`, one, degree));
  const at = got.findIndex((polynomial, i) => !same(polynomial, expected[i]));
  if (at < 0) return undefined;
  const says = partsOfProduct[at];
  const residues = got.map(reduced);
  if (residues.every((polynomial, i) => same(polynomial, expected[i]))) {
    return wrong(
      `right modulo q, but c${at} has coefficients outside of (−q/2, q/2]; toy.reducePolynomial brings them back`,
      3,
    );
  }
  const whole = productOf(x, y, times);
  if (got.every((one, i) => same(one, expected[i]) || isCongruent(one, whole[i], lessonQ))) {
    return wrong(`${says}: ${reducedByLessonQ}`, 2);
  }
  const [x0, x1] = x;
  const [y0, y1] = y;
  if ([times(x0, y1), times(x1, y0)].some((half) => same(residues[1], reduced(half)))) {
    return wrong(`${says}: s comes of two products, x0·y1 and x1·y0, and one of them is missing`, 2);
  }
  if (residues.every((polynomial) => expected.some((other) => same(polynomial, other)))) {
    return wrong(`${says}: the right polynomials in another order; c0 belongs to 1, c1 to s and c2 to s²`, 2);
  }
  if (isCongruentByEither(got[at], productOf(x, y, timesPlaceByPlace)[at])) {
    return wrong(`${says}: ${placeByPlace}`, 2);
  }
  if (same(residues[2], zeroPolynomial(degree))) {
    return wrong("c2 is 0: x1·s times y1·s is x1·y1·s², and it is not small", 2);
  }
  return wrong(says, 2);
}

/** What is wrong with a decryption, if anything is: the product was right, so no verdict goes back to the first hint. */
function judgeDecrypted({ product, secretKey: s }: ProductCase, response: unknown): Verdict | undefined {
  let got: Polynomial;
  try {
    got = bigints("decrypt", response, degree);
  } catch (error) {
    if (error instanceof InputError) return wrong(error.message, 2);
    throw error;
  }
  const [c0, c1, c2] = product;
  const linear = addPolynomials(c0, times(c1, s));
  const expected = reduced(addPolynomials(linear, times(times(c2, s), s)));
  const at = got.findIndex((coefficient, i) => coefficient !== expected[i]);
  if (at < 0) return undefined;
  const says = `decrypt: coefficient ${at} is ${shown(got[at])}, expected ${expected[at]}`;
  const residue = reduced(got);
  if (same(residue, expected)) {
    return wrong(
      `${says}: the same modulo q, but not between −q/2 and q/2; toy.reducePolynomial does that`,
      3,
    );
  }
  if (same(residue, reduced(linear))) {
    return wrong(`${says}: this is c0 + c1·s; without c2·s² the mask stays on`, 2);
  }
  if (same(residue, reduced(addPolynomials(linear, times(c2, s))))) {
    return wrong(`${says}: c2 is multiplied by s once, and belongs to s²`, 2);
  }
  const squares = s.map((coefficient) => coefficient ** 2n);
  if (same(residue, reduced(addPolynomials(linear, times(c2, squares))))) {
    return wrong(`${says}: s² is the product of polynomials s·s, not each coefficient squared`, 2);
  }
  const borrowed = borrowedFromLesson(got, product, s);
  if (borrowed.length > 0) return wrong(`${says}: ${borrowed.join("; ")}`, 2);
  if (decryptionsPlaceByPlace(product, s).some((other) => isCongruentByEither(got, other))) {
    return wrong(`${says}: ${placeByPlace}`, 2);
  }
  return wrong(says, 2);
}

/** Which of the lesson's own names were read in the place of what `decrypt` is given, if that explains what it gave. */
function borrowedFromLesson(
  got: Polynomial,
  [c0, c1, c2]: ProductCase["product"],
  s: Polynomial,
): readonly string[] {
  const keys = [s, lessonKey];
  for (const first of keys) {
    for (const second of keys) {
      const whole = addPolynomials(c0, addPolynomials(times(c1, first), times(c2, times(second, second))));
      const modulus = [q, lessonQ].find((one) => isCongruent(got, whole, one));
      if (modulus === undefined) continue;
      const isSquareAlone = first === s && second !== s;
      const key = isSquareAlone ? "with the s² of another key" : "with another key";
      return [
        ...(first === s && second === s
          ? []
          : [`${key}, that of the lesson's cells: use the key that the function is given`]),
        ...(modulus === q ? [] : [reducedByLessonQ]),
      ];
    }
  }
  return [];
}

/** All ways to decrypt, not reduced, in which one product or more is place by place. */
function decryptionsPlaceByPlace([c0, c1, c2]: ProductCase["product"], s: Polynomial): Polynomial[] {
  const both = [times, timesPlaceByPlace];
  const squareTerms = both.flatMap((first) =>
    both.flatMap((second) => [first(second(c2, s), s), first(c2, second(s, s))]),
  );
  return both
    .flatMap((by) => squareTerms.map((term) => addPolynomials(by(c1, s), term)))
    .map((sum) => addPolynomials(c0, sum));
}
