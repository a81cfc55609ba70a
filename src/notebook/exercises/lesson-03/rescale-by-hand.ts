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
    "const last = residues.at(-1)!; const lastPrime = primes.at(-1)!; " +
      "return primes.slice(0, -1).map((prime, i) => residues[i].map((c, j) => toy.centredMod((c - last[j]) * toy.inverseMod(lastPrime, prime), prime)));",
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
    for (const [i, { primes }] of question.entries()) {
      const verdict = judgeLength(primes, rescaled[i]);
      if (verdict) return verdict;
    }
    const all = question.map((asked, i) => comparedTo(polynomials[i], asked, rescaled[i]));
    const off = all.filter(({ errors }) => errors.some(isOff));
    if (off.length > 0) return judgeMistake(off);
    const largest = Math.max(...all.flatMap(({ errors }) => errors.map(Math.abs)));
    const better = largest > 0.5 ? ", and a remainder around 0 would keep it within ½" : "";
    return right(`${question.length} chains, off by up to ${largest.toFixed(2)}${better}`);
  },
};

/** What is wrong with the number of polynomials, if anything is. */
function judgeLength(primes: readonly bigint[], response: unknown): Verdict | undefined {
  if (!Array.isArray(response) || !response.every((one) => Array.isArray(one))) {
    throw new InputError(
      `rescaleByHand: expected a list of polynomials, got ${shown(response)}; return one for each prime that is left`,
    );
  }
  const { length } = response;
  const expected = primes.length - 1;
  if (length === expected) return undefined;
  const says = `with ${primes.length} primes ${length} ${length === 1 ? "polynomial" : "polynomials"} came back, expected ${expected}`;
  return length === primes.length
    ? wrong(`${says}: the last prime is dropped`, 1)
    : wrong(`${says}: one for each prime but the last`, 2);
}

/** What came back for one polynomial. */
interface Compared extends ToRescale {
  readonly exact: Polynomial;
  readonly got: readonly Polynomial[];
  readonly numbers: Polynomial;
  readonly errors: readonly number[];
}

function comparedTo(exact: Polynomial, { residues, primes }: ToRescale, response: unknown): Compared {
  const left = primes.slice(0, -1);
  const got = responses("rescaleByHand", response, left.length).map((one, i) =>
    bigints(`rescaleByHand: modulo ${primes[i]}`, one, degree),
  );
  const numbers = fromResidues(got, left);
  const errors = numbers.map((number, j) => errorOf(number, exact[j], left, primes.at(-1)!));
  return { residues, primes, exact, got, numbers, errors };
}

const isOff = (error: number): boolean => !(Math.abs(error) < 1);

/** One residue, its prime, the last prime and the last residue: what a wrong way makes of them. */
type Wrongly = (residue: bigint, prime: bigint, last: bigint, rest: bigint) => bigint;

/** From 0 on, or around 0. */
const remainders = [mod, centredMod];
/** What is taken away: the last residue. */
const lastResidues: readonly Wrongly[] = [(_, __, ___, rest) => rest, (_, __, last, rest) => mod(rest, last)];
const dividedAsNumbers: readonly Wrongly[] = [
  (residue, _, last) => residue / last,
  (residue, prime, last) => mod(residue, prime) / last,
];
const ownRemainderTaken: readonly Wrongly[] = remainders.flatMap((remainder) =>
  remainders.map((written): Wrongly => (residue, prime, last) => {
    const one = written(residue, prime);
    return (one - remainder(one, last)) / last;
  }),
);
const swappedInverse: readonly Wrongly[] = [...lastResidues, () => 0n].map(
  (taken): Wrongly =>
    (residue, prime, last, rest) =>
      (residue - taken(residue, prime, last, rest)) * inverseMod(prime, last),
);
const differenceAsNumber: readonly Wrongly[] = lastResidues.flatMap((taken) =>
  [(one: bigint) => one, ...remainders].map(
    (written): Wrongly =>
      (residue, prime, last, rest) =>
        written(residue - taken(residue, prime, last, rest), prime) / last,
  ),
);

/** @param off those that are wrong, one or more */
function judgeMistake(off: readonly Compared[]): Verdict {
  const [{ primes, exact, numbers, errors }] = off;
  const last = primes.at(-1)!;
  const at = errors.findIndex(isOff);
  const says = `primes ${primes.join(", ")}: coefficient ${at} was ${exact[at]} and is now ${numbers[at]}, expected ${exact[at]} / ${last} = ${(Number(exact[at]) / Number(last)).toFixed(2)}`;
  const is = (...ways: readonly Wrongly[]) => ways.some((wrongly) => off.every((one) => isBy(wrongly, one)));
  if (is((residue) => residue)) {
    return wrong(
      `${says}: the last residue is dropped, and nothing is divided; that is a modSwitch, which leaves the scale`,
      1,
    );
  }
  if (is(...dividedAsNumbers)) {
    return wrong(
      `${says}: residues are no small numbers to divide; modulo a prime, to divide is to multiply by the inverse`,
      1,
    );
  }
  if (is(...ownRemainderTaken)) {
    return wrong(
      `${says}: the remainder was taken from each residue itself; what is to be taken away is that of x modulo ${last}, the last residue`,
      2,
    );
  }
  if (is((residue, prime, last) => residue * inverseMod(last, prime))) {
    return wrong(
      `${says}: it was no multiple of ${last}, and so the inverse makes anything of it; take the last residue away first`,
      1,
    );
  }
  if (is(...swappedInverse)) {
    return wrong(
      `${says}: that is the inverse of the prime modulo the last; it is the inverse of the last modulo each prime`,
      2,
    );
  }
  if (is(...differenceAsNumber)) {
    return wrong(
      `${says}: x − r is a multiple of ${last}, but its residues are no small numbers to divide; modulo a prime, to divide is to multiply by the inverse`,
      2,
    );
  }
  if (
    is(
      ...lastResidues.map(
        (taken): Wrongly =>
          (residue, ...others) =>
            residue - taken(residue, ...others),
      ),
    )
  ) {
    return wrong(`${says}: a multiple of ${last}, and still to be divided by it`, 2);
  }
  return wrong(says, 1);
}

/** Whether all residues came about in this way. */
const isBy = (wrongly: Wrongly, { residues, primes, got }: Compared): boolean =>
  got.every((polynomial, i) =>
    polynomial.every((one, j) => {
      const other = wrongly(residues[i][j], primes[i], primes.at(-1)!, residues.at(-1)![j]);
      return centredMod(one - other, primes[i]) === 0n;
    }),
  );

/** How far a number is off from exact/last, the short way round modulo what is left. */
function errorOf(number: bigint, exact: bigint, left: readonly bigint[], last: bigint): number {
  return Number(centredMod(number * last - exact, product(left) * last)) / Number(last);
}
