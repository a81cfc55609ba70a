/** base^exponent modulo p. */
export function powerMod(base: bigint, exponent: bigint, p: bigint): bigint {
  let result = 1n;
  for (let b = base % p, e = exponent; e > 0n; e >>= 1n, b = (b * b) % p)
    if (e & 1n) result = (result * b) % p;
  return result;
}

/** 1/a modulo a prime. */
export const inverseMod = (a: bigint, p: bigint): bigint => powerMod(a, p - 2n, p);

/** The lowest `bits` bits of x in reverse. */
export function bitReversed(x: number, bits: number): number {
  let reversed = 0;
  for (let i = 0; i < bits; i++) reversed = (reversed << 1) | ((x >> i) & 1);
  return reversed;
}

/**
 * The smallest primitive 2n-th root of unity modulo p, which SEAL transforms with: all others are its odd powers.
 *
 * @see SEAL 4.1.2, native/src/seal/util/numth.cpp: try_minimal_primitive_root
 */
export function minimalRoot(n: number, p: bigint): bigint {
  const order = BigInt(2 * n);
  let root = 0n;
  for (let candidate = 2n; powerMod(root, order / 2n, p) !== p - 1n; candidate++) {
    root = powerMod(candidate, (p - 1n) / order, p);
  }
  const square = (root * root) % p;
  let smallest = root;
  for (let i = 0, power = root; i < n; i++, power = (power * square) % p)
    if (power < smallest) smallest = power;
  return smallest;
}

export interface TwiddleFactors {
  /** At place i the root to the power of i's bits in reverse. */
  readonly forward: readonly bigint[];
  /** Their inverses; but 1/n in the first place, and in the second its own inverse times 1/n. */
  readonly backward: readonly bigint[];
}

/** What butterflies multiply by, in the order in which they do. */
export function twiddleFactors(n: number, p: bigint): TwiddleFactors {
  const bits = Math.log2(n);
  const root = minimalRoot(n, p);
  const inverse = inverseMod(root, p);
  const forward = new Array<bigint>(n);
  const backward = new Array<bigint>(n);
  for (let i = 0, power = 1n, inversePower = 1n; i < n; i++) {
    const place = bitReversed(i, bits);
    forward[place] = power;
    backward[place] = inversePower;
    power = (power * root) % p;
    inversePower = (inversePower * inverse) % p;
  }
  const scale = inverseMod(BigInt(n), p);
  backward[0] = scale;
  backward[1] = (backward[1] * scale) % p;
  return { forward, backward };
}

/**
 * Where X ↦ X^element puts the values of a transformed polynomial: the result's value at place i is the one at `places[i]`.
 *
 * Place i holds the value at the root to the power of 2·reverse(i) + 1, which the automorphism takes to that power times
 * `element`.
 *
 * @param element odd, below 2n; n at most 65536, so that places fit into 16 bits
 */
export function automorphismPlaces(n: number, element: number): Uint16Array {
  const bits = Math.log2(n);
  return Uint16Array.from({ length: n }, (_, i) => {
    const power = (element * (2 * bitReversed(i, bits) + 1)) % (2 * n);
    return bitReversed((power - 1) / 2, bits);
  });
}
