import { minimalRoot, powerMod } from "../../../src/he-ml/kernels/roots.js";
import { mod, reducePolynomial, toResidues, type Polynomial } from "../../../src/he-ml/toy-ckks/index.js";

/**
 * A polynomial as SEAL holds it: modulo each prime, its values at the powers 2·reverse(i) + 1 of the smallest primitive root.
 * X^n − r² falls into X^(n/2) − r and X^(n/2) + r, and so on until only values are left.
 */
export function sealWords(polynomial: Polynomial, primes: readonly bigint[]): BigUint64Array {
  const n = polynomial.length;
  const words = toResidues(polynomial, primes).flatMap((residue, i) => {
    const power = powersOf(n, primes[i]);
    const values = (a: readonly bigint[], exponent: number): readonly bigint[] => {
      if (a.length === 1) return a;
      const [half, root] = [a.length / 2, power[exponent / 2]];
      const sums = a.slice(0, half).map((low, j) => (low + root * a[j + half]) % primes[i]);
      const differences = a.slice(0, half).map((low, j) => (low - root * a[j + half]) % primes[i]);
      return [...values(sums, exponent / 2), ...values(differences, exponent / 2 + n)];
    };
    return values(residue, n).map((value) => mod(value, primes[i]));
  });
  return BigUint64Array.from(words);
}

/** The residues, modulo each prime, of what SEAL holds in these words. */
export function residuesOfWords(words: BigUint64Array, n: number, primes: readonly bigint[]): Polynomial[] {
  return primes.map((prime, i) => {
    const power = powersOf(n, prime);
    const half = (prime + 1n) / 2n;
    const coefficients = (values: readonly bigint[], exponent: number): readonly bigint[] => {
      const middle = values.length / 2;
      if (middle < 1) return values;
      const low = coefficients(values.slice(0, middle), exponent / 2);
      const high = coefficients(values.slice(middle), exponent / 2 + n);
      const inverse = power[(4 * n - exponent / 2) % (2 * n)];
      return [
        ...low.map((value, j) => ((value + high[j]) * half) % prime),
        ...low.map((value, j) => ((((value - high[j]) * half) % prime) * inverse) % prime),
      ];
    };
    return reducePolynomial(coefficients([...words.subarray(i * n, (i + 1) * n)], n), prime);
  });
}

const tables = new Map<string, bigint[]>();

function powersOf(n: number, prime: bigint): bigint[] {
  const name = `${n} ${prime}`;
  if (!tables.has(name)) {
    const root = minimalRoot(n, prime);
    tables.set(
      name,
      Array.from({ length: 2 * n }, (_, exponent) => powerMod(root, BigInt(exponent), prime)),
    );
  }
  return tables.get(name)!;
}
