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
    "With toy.multiplyPolynomials and toy.addPolynomials: return [x0·y0, x0·y1 + x1·y0, x1·y1], each through toy.reducePolynomial(…, q); " +
      "and toy.reducePolynomial(c0 + s·(c1 + s·c2), q) to decrypt.",
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
      judgeDecrypted(question, bigints("decrypt", decrypted, degree)) ??
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

const times = multiplyPolynomials;
const reduced = (polynomial: Polynomial) => reducePolynomial(polynomial, q);

function multiplied([x0, x1]: Pair, [y0, y1]: Pair): [Polynomial, Polynomial, Polynomial] {
  return [
    reduced(times(x0, y0)),
    reduced(addPolynomials(times(x0, y1), times(x1, y0))),
    reduced(times(x1, y1)),
  ];
}

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
  const says = `c${at} is not what belongs to ${["1", "s", "s²"][at]}`;
  const residues = got.map(reduced);
  if (residues.every((polynomial, i) => same(polynomial, expected[i]))) {
    return wrong(
      `right modulo q, but c${at} has coefficients outside of (−q/2, q/2]; toy.reducePolynomial brings them back`,
      3,
    );
  }
  const [x0, x1] = x;
  const [y0, y1] = y;
  if ([times(x0, y1), times(x1, y0)].some((half) => same(residues[1], reduced(half)))) {
    return wrong(`${says}: s comes of two products, x0·y1 and x1·y0, and one of them is missing`, 2);
  }
  if (residues.every((polynomial) => expected.some((other) => same(polynomial, other)))) {
    return wrong(`${says}: the right polynomials in another order; c0 belongs to 1, c1 to s and c2 to s²`, 2);
  }
  if (same(residues[2], zeroPolynomial(degree))) {
    return wrong("c2 is 0: x1·s times y1·s is x1·y1·s², and it is not small", 2);
  }
  return wrong(says, 1);
}

/** What is wrong with a decryption, if anything is. */
function judgeDecrypted({ product, secretKey: s }: ProductCase, got: Polynomial): Verdict | undefined {
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
    return wrong(`${says}: this is c0 + c1·s; without c2·s² the mask stays on`, 1);
  }
  if (same(residue, reduced(addPolynomials(linear, times(c2, s))))) {
    return wrong(`${says}: c2 is multiplied by s once, and belongs to s²`, 2);
  }
  const squares = s.map((coefficient) => coefficient ** 2n);
  if (same(residue, reduced(addPolynomials(linear, times(c2, squares))))) {
    return wrong(`${says}: s² is the product of polynomials s·s, not each coefficient squared`, 2);
  }
  return wrong(says, 1);
}
