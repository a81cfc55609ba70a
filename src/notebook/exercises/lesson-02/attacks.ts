import { addPolynomials, type Polynomial } from "../../../he-ml/toy-ckks/index.js";
import { wrong, type Verdict } from "../exercise.js";
import { difference, isSmall, q, type Pair, type ToEncrypt } from "./hand-made.js";
import { quotient } from "./polynomials.js";

export const attacks = "seven attacks";

/**
 * How somebody without the secret key reads two encryptions of the same message, or sees that a guess is right.
 *
 * @returns undefined if no attack works
 */
export function broken(
  first: Pair,
  second: Pair,
  { m, publicKey: { b, a } }: ToEncrypt,
): Verdict | undefined {
  const [c0, c1] = first;
  const masked = difference(c0, m);
  const readable = "it decrypts, but everybody can read it: ";
  if (isSmall(c1)) return wrong(`${readable}c1·s is small, so c0 alone is m and a little noise`, 1);
  if (difference(c1, a).every((coefficient) => coefficient === 0n)) {
    return wrong(`${readable}nothing was drawn: c1 is a itself, so c0 − b is m`, 1);
  }
  if (isMultiple(c1, a)) {
    return wrong(`${readable}c1 = u·a is a linear system that gives u, and c0 − u·b is m; where is e₁?`, 2);
  }
  if (isMultiple(masked, b)) {
    return wrong(
      "it decrypts, but whoever guesses m sees that it is right: (c0 − m)/b is a small u; where is e₀?",
      2,
    );
  }
  if (
    isMultiple(difference(masked, c1), difference(b, a)) ||
    isMultiple(addPolynomials(masked, c1), addPolynomials(b, a))
  ) {
    return wrong(
      "it decrypts, but the same noise is in both: it drops out of c0 and c1, and whoever guesses m sees a small u; draw e₁ anew",
      2,
    );
  }
  const [difference0, difference1] = [difference(c0, second[0]), difference(c1, second[1])];
  if (isSmall(difference1)) {
    return wrong(
      "the same u twice: two encryptions differ by a little noise, so all see that m is the same",
      2,
    );
  }
  if (isMultiple(difference1, a)) return sameNoise("e₁");
  return isMultiple(difference0, b) ? sameNoise("e₀") : undefined;
}

const sameNoise = (noise: string): Verdict =>
  wrong(`the same ${noise} twice: it drops out of the difference of two encryptions, which gives u − u′`, 2);

/** Whether a polynomial is the product of this factor and coefficients from −2 to 2. */
const isMultiple = (polynomial: Polynomial, factor: Polynomial): boolean =>
  quotient(polynomial, factor, q)!.every((coefficient) => -2n <= coefficient && coefficient <= 2n);
