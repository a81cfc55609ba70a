import * as toy from "../../../he-ml/toy-ckks/index.js";

const scale = 2 ** 30;
const firstPrime = 2n ** 40n - 87n;
const specialPrime = 2n ** 40n - 167n;

/** Primes just below the scale, so that a rescale brings a product back to nearly the same scale; the last is dropped first. */
const dropped = ((): readonly bigint[] => {
  const primes: bigint[] = [];
  for (let candidate = scale - 1; primes.length < 8; candidate -= 2) {
    if (toy.isPrime(candidate)) primes.unshift(BigInt(candidate));
  }
  return primes;
})();

/** What a circuit is told of the chain that it runs on. */
export interface ChainFacts {
  /** Of fresh ciphertexts. */
  readonly scale: number;
  /** In the order in which rescales divide by them. */
  readonly primes: readonly number[];
}

export const chainFacts: ChainFacts = { scale, primes: dropped.map(Number).reverse() };

/** Toy parameters on which so many rescales follow one another; the first primes dropped are the same in all. */
export const chainWithLevels = (levels: number, polyModulusDegree = 16): toy.ToyParameters =>
  toy.toyParameters({
    polyModulusDegree,
    coeffModulus: [firstPrime, ...dropped.slice(-levels), specialPrime],
    scale,
  });

/** More levels than any exercise allows. */
export const mostLevels = dropped.length;
