import {
  addPolynomials,
  mod,
  reducePolynomial,
  rlweSample,
  scalePolynomial,
  subtractPolynomials,
  type Polynomial,
} from "../../../he-ml/toy-ckks/index.js";
import { right, wrong, type Exercise, type Random, type Verdict } from "../exercise.js";
import { integer } from "../random.js";
import { bigints, responses } from "../responses.js";
import { keyOfBothSigns, quotient, same, uniformUnit } from "./polynomials.js";

const degree = 8;
const primes = [257n, 12289n, 1073741789n];

/** A ciphertext without noise, and what it encrypts. */
export interface KnownPlaintext {
  readonly c0: Polynomial;
  readonly c1: Polynomial;
  /** The plaintext: c0 + c1·s = m modulo q. */
  readonly m: Polynomial;
  /** A prime. */
  readonly q: bigint;
}

/** Recover the secret key from one noiseless ciphertext whose plaintext is known. */
export const recoverKey: Exercise<
  readonly KnownPlaintext[],
  (known: { c0: bigint[]; c1: bigint[]; m: bigint[]; q: bigint }) => Polynomial,
  readonly Polynomial[],
  readonly Polynomial[]
> = {
  id: "recover-key",
  lesson: "02",
  title: "recover the key where e = 0",
  points: 2,
  answer: "recover",
  hints: [
    "c0 + c1·s = m modulo q. Bring everything that you know to one side: what is c1·s?",
    "c1·s = m − c0 are 8 linear equations. Their matrix is toy.multiplicationMatrix(c1), and toy.solveModulo solves them; it gives numbers in [0, q).",
    "Let right = toy.subtractPolynomials(m, c0), and return [...toy.reducePolynomial(toy.solveModulo(toy.multiplicationMatrix(c1), right, q), q)]: q − 1 becomes −1.",
  ],
  draw(random) {
    const cases = primes.map((q) => drawCase(q, random));
    return {
      question: cases.map(({ known }) => known),
      secret: cases.map(({ secretKey }) => secretKey),
    };
  },
  ask: (recover, cases) =>
    cases.map(({ c0, c1, m, q }) => recover({ c0: [...c0], c1: [...c1], m: [...m], q })),
  judge(cases, keys, response) {
    const found = responses("recover", response, cases.length);
    for (const [i, known] of cases.entries()) {
      const verdict = judgeKey(known, keys[i], bigints("recover", found[i], degree));
      if (verdict) return verdict;
    }
    return right(`${cases.length} keys, each from one ciphertext and its plaintext`);
  },
};

/** One can divide by both polynomials, and by each coefficient of c1, so that no wrong way ends in a division by 0. */
function drawCase(q: bigint, random: Random): { known: KnownPlaintext; secretKey: Polynomial } {
  const secretKey = keyOfBothSigns(degree, random);
  for (;;) {
    const m = Array.from({ length: degree }, () => BigInt(integer(random, 1, 99)));
    const { b, a } = rlweSample(secretKey, { q, sigma: 0 }, random, uniformUnit(degree, q, random));
    const c0 = reducePolynomial(addPolynomials(b, m), q);
    if (quotient(c0, c0, q) && !a.includes(0n)) return { known: { c0, c1: a, m, q }, secretKey };
  }
}

/** What is wrong with a key, if anything is. */
function judgeKey(known: KnownPlaintext, key: Polynomial, found: Polynomial): Verdict | undefined {
  const { c0, c1, m, q } = known;
  const at = found.findIndex((coefficient, i) => coefficient !== key[i]);
  if (at < 0) return undefined;
  const difference = `q = ${q}: coefficient ${at} of the key is ${found[at]}, expected ${key[at]}`;
  const centred = reducePolynomial(found, q);
  const solves = (right: Polynomial, by: Polynomial) => {
    const solution = quotient(right, by, q);
    return solution !== undefined && same(centred, solution);
  };
  if (same(centred, key)) {
    return wrong(
      `${difference}: the same modulo q, but not between −q/2 and q/2; toy.reducePolynomial does that`,
      2,
    );
  }
  if (same(centred, scalePolynomial(key, -1n))) {
    return wrong(`${difference}: all signs are turned around; c0 has to change sides, not m`, 2);
  }
  if (solves(scalePolynomial(c0, -1n), c1)) {
    return wrong(`${difference}: m is left out; c1·s is −c0 only where nothing is encrypted`, 1);
  }
  if (solves(m, c1)) return wrong(`${difference}: c1·s is not m: bring c0 over, too`, 1);
  if (solves(addPolynomials(m, c0), c1)) {
    return wrong(`${difference}: c0 was added to m; where it changes sides, it is subtracted`, 1);
  }
  if (solves(subtractPolynomials(m, c1), c0)) {
    return wrong(`${difference}: c0 and c1 are exchanged; the key is multiplied by c1`, 1);
  }
  if (isPlaceByPlace(known, found)) {
    return wrong(
      `${difference}: divided place by place, but c1·s is a product of polynomials, which mixes all places`,
      2,
    );
  }
  return wrong(difference, 1);
}

/** Whether coefficients of m − c0 were divided by those of c1, modulo q or cut off. */
function isPlaceByPlace({ c0, c1, m, q }: KnownPlaintext, found: Polynomial): boolean {
  const right = subtractPolynomials(m, c0);
  return (
    found.every((one, i) => mod(c1[i] * one - right[i], q) === 0n) ||
    c1.every((one, i) => one !== 0n && found[i] === right[i] / one)
  );
}
