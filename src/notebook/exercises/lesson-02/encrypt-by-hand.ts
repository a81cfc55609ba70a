import {
  addPolynomials,
  complex,
  evaluateAtSlots,
  interpolateSlots,
  keyLattice,
  lll,
  multiplyPolynomials,
  rlweSample,
  scalePolynomial,
  zeroPolynomial,
  type Polynomial,
  type RlweSample,
} from "../../../he-ml/toy-ckks/index.js";
import { right, wrong, type Exercise, type Random, type Verdict } from "../exercise.js";
import { freshRandom, integer } from "../random.js";
import { bigints, responses } from "../responses.js";
import { attacks, broken } from "./attacks.js";
import {
  bound,
  decrypted,
  degree,
  difference,
  isSmall,
  q,
  sigma,
  type Pair,
  type ToEncrypt,
} from "./hand-made.js";
import { keyOfBothSigns, quotient, uniformUnit } from "./polynomials.js";

/** Encrypt with nothing but a public key, so that it decrypts, and hides. */
export const encryptByHand: Exercise<
  ToEncrypt,
  (m: bigint[], publicKey: { b: bigint[]; a: bigint[] }, q: bigint, random: Random) => Pair,
  Polynomial,
  readonly unknown[]
> = {
  id: "encrypt-by-hand",
  lesson: "02",
  title: "encrypt with a public key",
  points: 3,
  answer: "encryptByHand",
  hints: [
    "(b, a) is an encryption of 0, and so is u times it, for any small u. Whatever is added to the first polynomial is what it encrypts.",
    "c0 = u·b + e₀ + m and c1 = u·a + e₁ modulo q, where u is a ternary polynomial and e₀ and e₁ are noise: all three fresh each time.",
    "Let u = toy.ternaryPolynomial(16, random), and e0 and e1 each a toy.gaussianPolynomial(16, 3.2, random) of its own. c0 is toy.addPolynomials(toy.addPolynomials(toy.multiplyPolynomials(u, publicKey.b), e0), m), c1 the same of publicKey.a and e1, without m. Return [[...toy.reducePolynomial(c0, q)], [...toy.reducePolynomial(c1, q)]].",
  ],
  draw(random) {
    const secret = keyOfBothSigns(degree, random);
    const m = Array.from({ length: degree }, () => BigInt(integer(random, 10_000, 99_999)));
    for (;;) {
      const publicKey = rlweSample(secret, { q, sigma }, random, uniformUnit(degree, q, random));
      if (dividesAll(publicKey)) return { question: { m, publicKey, q }, secret };
    }
  },
  // Twice, as what is drawn has to differ.
  ask: (encrypt, { m, publicKey: { b, a } }) =>
    [1, 2].map(() => encrypt([...m], { b: [...b], a: [...a] }, q, freshRandom)),
  judge(question, secretKey, response) {
    const [first, second] = responses("encryptByHand", response, 2).map(pairOf);
    return (
      decryptsTo(first, question, secretKey) ??
      decryptsTo(second, question, secretKey) ??
      broken(first, second, question) ??
      right(`it decrypts, and ${attacks} on it find nothing`)
    );
  },
};

/** Whether one can divide by all that attacks divide by. */
const dividesAll = ({ b, a }: RlweSample): boolean =>
  [b, difference(b, a), addPolynomials(b, a)].every((by) => quotient(by, by, q) !== undefined);

function pairOf(response: unknown): Pair {
  const [c0, c1] = responses("encryptByHand", response, 2);
  return [bigints("encryptByHand: c0", c0, degree), bigints("encryptByHand: c1", c1, degree)];
}

/** What is wrong with the decryption, if anything is. */
function decryptsTo(pair: Pair, asked: ToEncrypt, secretKey: Polynomial): Verdict | undefined {
  const { m } = asked;
  const large = pair.flat().find((coefficient) => 2n * coefficient > q || -2n * coefficient >= q);
  if (large !== undefined) {
    return wrong(`a coefficient is ${large}, outside of (−q/2, q/2]; reduce both polynomials modulo q`, 2);
  }
  const got = decrypted(pair, secretKey);
  const noise = difference(got, m);
  if (isSmall(noise)) return undefined;
  const at = noise.findIndex((coefficient) => coefficient < -bound || coefficient > bound);
  const says = `coefficient ${at} decrypts to ${m[at] + noise[at]}, expected ${m[at]} and noise up to ${bound}`;
  return wrong(`${says}: ${reasonOf(pair, asked, secretKey)}`, 2);
}

function reasonOf([c0, c1]: Pair, { m, publicKey }: ToEncrypt, secretKey: Polynomial): string {
  const got = decrypted([c0, c1], secretKey);
  const is = (other: Polynomial) => isSmall(difference(got, other));
  const zero = zeroPolynomial(degree);
  const moved = multiplyPolynomials(m, secretKey);
  if (is(zero)) return "it is an encryption of 0; m is not in it";
  if (is(addPolynomials(m, moved))) return "m is in c1, too; it belongs in c0 only";
  if (is(moved)) return "m is in c1; it belongs in c0";
  if (isSmall(difference(decrypted([c1, c0], secretKey), m))) {
    return "c0 and c1 are exchanged; the one with b and m comes first";
  }
  if (isSmall(decrypted([c1, difference(c0, m)], secretKey))) {
    return "b and a are exchanged; c0 is made of b, c1 of a";
  }
  const times = factorOf(got, m);
  if (times && is(multiplyPolynomials(times, m))) {
    return "m was multiplied by something, too; add it as it is, to u·b";
  }
  if (isNearMultiple(difference(got, m), publicKey.b)) {
    return "b and a are multiplied by two different u; draw u once, for both";
  }
  return "are b and a multiplied by the same u, and is u small? c0 is made of b, c1 of a; m as it is, in c0 only";
}

/** The polynomial with whole coefficients that, times m, comes next to this one. */
function factorOf(polynomial: Polynomial, m: Polynomial): Polynomial | undefined {
  const values = evaluateAtSlots(m);
  const quotients = evaluateAtSlots(polynomial).map(({ re, im }, slot) => {
    const by = values[slot];
    const size = by.re ** 2 + by.im ** 2;
    return complex((re * by.re + im * by.im) / size, (im * by.re - re * by.im) / size);
  });
  const factor = interpolateSlots(quotients).map(Math.round);
  return factor.every(Number.isSafeInteger) ? factor.map(BigInt) : undefined;
}

/** Whether a polynomial is a product of b with small coefficients, but for noise: what u·b + u′·a·s = (u − u′)·b + … leaves. */
const isNearMultiple = (polynomial: Polynomial, b: Polynomial): boolean =>
  lll(keyLattice({ b: polynomial, a: scalePolynomial(b, -1n) }, q)).some((vector) => {
    const factor = vector
      .slice(degree, 2 * degree)
      .map((coefficient) => BigInt(coefficient * vector[2 * degree]));
    return (
      factor.every((coefficient) => -2n <= coefficient && coefficient <= 2n) &&
      isSmall(difference(polynomial, multiplyPolynomials(factor, b)))
    );
  });
