import {
  centredMod,
  fromResidues,
  inverseMod,
  mod,
  product,
  toResidues,
  uniformPolynomial,
  type Polynomial,
} from "../../../he-ml/toy-ckks/index.js";
import { InputError } from "../../../he-ml/errors.js";
import { right, wrong, type Exercise, type Verdict } from "../exercise.js";
import { bigints, responses, shown } from "../responses.js";

const degree = 8;
const chains = [
  [1048573n, 1021n],
  [65521n, 65519n, 4093n],
  [1048573n, 16381n, 8191n, 8179n],
];

/** One polynomial, as its residues modulo each prime. */
export interface ToRescale {
  readonly residues: readonly Polynomial[];
  readonly primes: readonly bigint[];
}

/** Divide by the last prime, on residues alone. */
export const rescaleByHand: Exercise<
  readonly ToRescale[],
  (residues: bigint[][], primes: bigint[]) => readonly Polynomial[],
  readonly Polynomial[],
  readonly (readonly Polynomial[])[]
> = {
  id: "rescale-by-hand",
  lesson: "03",
  title: "rescale on residues, to ±1",
  points: 2,
  answer: "rescaleByHand",
  hints: [
    "Only a multiple of the last prime can be divided by it on residues. What can you subtract from x, so that the last residue becomes 0?",
    "Subtract the last residue r, in (−q/2, q/2], from every residue: x − r is a multiple of the last prime. Then multiply each residue by the inverse of the last prime modulo its own.",
    "primes.slice(0, -1).map((prime, i) => residues[i].map((c, j) => toy.centredMod((c - last[j]) * toy.inverseMod(lastPrime, prime), prime))), " +
      "where last = residues.at(-1)! and lastPrime = primes.at(-1)!.",
  ],
  draw(random) {
    const polynomials = chains.map((primes) => uniformPolynomial(degree, product(primes), random));
    return {
      question: chains.map((primes, i) => ({ residues: toResidues(polynomials[i], primes), primes })),
      secret: polynomials,
    };
  },
  ask: (answer, question) =>
    question.map(({ residues, primes }) =>
      answer(
        residues.map((residue) => [...residue]),
        [...primes],
      ),
    ),
  judge(question, polynomials, response) {
    const rescaled = responses("rescaleByHand", response, question.length);
    let largest = 0;
    for (const [i, asked] of question.entries()) {
      const judged = judgeResidues(asked, polynomials[i], rescaled[i]);
      if (typeof judged !== "number") return judged;
      largest = Math.max(largest, judged);
    }
    const better = largest > 0.5 ? ", and a remainder around 0 would keep it within ½" : "";
    return right(`${question.length} chains, off by up to ${largest.toFixed(2)}${better}`);
  },
};

/** @returns the largest error, or what is wrong */
function judgeResidues(
  { residues, primes }: ToRescale,
  exact: Polynomial,
  response: unknown,
): Verdict | number {
  const of = `primes ${primes.join(", ")}`;
  const left = primes.slice(0, -1);
  const last = primes.at(-1)!;
  if (!Array.isArray(response)) {
    throw new InputError(
      `rescaleByHand: expected a list of polynomials, got ${shown(response)}; return one for each prime that is left`,
    );
  }
  if (response.length === primes.length) {
    return wrong(
      `${of}: ${primes.length} polynomials came back, expected ${left.length}: the last prime is dropped`,
      1,
    );
  }
  const got = responses("rescaleByHand", response, left.length).map((one, i) =>
    bigints(`rescaleByHand: modulo ${primes[i]}`, one, degree),
  );
  const numbers = fromResidues(got, left);
  const errors = numbers.map((number, j) => errorOf(number, exact[j], left, last));
  const at = errors.findIndex((error) => !(Math.abs(error) < 1));
  if (at < 0) return Math.max(...errors.map(Math.abs));
  const says = `${of}: coefficient ${at} was ${exact[at]} and is now ${numbers[at]}, expected ${exact[at]} / ${last} = ${(Number(exact[at]) / Number(last)).toFixed(2)}`;
  const is = (wrongly: (residue: bigint, prime: bigint, j: number) => bigint) =>
    got.every((polynomial, i) =>
      polynomial.every((one, j) => centredMod(one - wrongly(residues[i][j], left[i], j), left[i]) === 0n),
    );
  if (is((residue) => residue)) {
    return wrong(
      `${says}: the last residue is dropped, and nothing is divided; that is a modSwitch, which leaves the scale`,
      1,
    );
  }
  if (is((residue) => residue / last) || is((residue, prime) => mod(residue, prime) / last)) {
    return wrong(
      `${says}: residues are no small numbers to divide; modulo a prime, to divide is to multiply by the inverse`,
      1,
    );
  }
  if (is((residue, prime) => residue * inverseMod(last, prime))) {
    return wrong(
      `${says}: it was no multiple of ${last}, and so the inverse makes anything of it; take the last residue away first`,
      1,
    );
  }
  const rest = residues.at(-1)!;
  if (is((residue, _, j) => residue - rest[j])) {
    return wrong(`${says}: a multiple of ${last}, and still to be divided by it`, 2);
  }
  return wrong(says, 1);
}

/** How far a number is off from exact/last, the short way round modulo what is left. */
function errorOf(number: bigint, exact: bigint, left: readonly bigint[], last: bigint): number {
  return Number(centredMod(number * last - exact, product(left) * last)) / Number(last);
}
