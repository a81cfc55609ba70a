// Residues modulo a prime p < 2^52 as pairs of doubles that hold integers. All of it rests on a multiplication and addition
// with one rounding (fused): WebAssembly's relaxed_madd may be fused or not, so whoever loads this asks `isFused` first.

/** Whether p has 51 or 52 bits, so that doubles have room for no more than a sum of two residues. */
export function isTight(prime: f64): bool {
  return prime >= 1125899906842624;
}

/** Adding it rounds a double below 2^51 to the nearest integer, which taking it away again leaves: 1.5 · 2^52. */
const roundingShift: f64 = 6755399441055744.0;

/**
 * A shift in both lanes, as the larger of it and a prime: what is computed stays in a register, where V8 would load a constant
 * anew, in three instructions, at each of its uses.
 *
 * @param shift > prime
 */
export function shiftBeside(prime: f64, shift: f64 = roundingShift): v128 {
  return f64x2.splat(max<f64>(prime, shift));
}

/** Whether both |x| ≤ bound; asked by assertions, of which there are none in the build that is shipped. */
export function within(x: v128, bound: f64): bool {
  return i64x2.all_true(f64x2.le(f64x2.abs(x), f64x2.splat(bound)));
}

function primeOf(p: v128): f64 {
  return f64x2.extract_lane(p, 0);
}

/**
 * x·w modulo p for a constant w, |w| ≤ p/2, given as w and w/p.
 *
 * With h the rounded product, q = round(x·w/p): (h − q·p) + (x·w − h), of which each term is exact while |x·w/p| ≤ 2^51.
 *
 * @param x |x| ≤ B·p with B < 4; where p is tight, |x| ≤ p + 1
 * @returns |r| ≤ (1/2 + B/16)·p where p < 2^50, as w/p is off by half a unit in its last place, 2^−54; ≤ 3/4·p where p is tight
 */
export function timesConstant(x: v128, w: v128, ratio: v128, p: v128, shift: v128): v128 {
  assert(within(x, isTight(primeOf(p)) ? primeOf(p) + 1 : 4 * primeOf(p)) && within(w, primeOf(p) / 2));
  const h = f64x2.mul(x, w);
  const q = f64x2.sub(f64x2.relaxed_madd(x, ratio, shift), shift);
  const low = f64x2.relaxed_nmadd(x, w, h);
  const r = f64x2.sub(f64x2.relaxed_nmadd(q, p, h), low);
  assert(within(r, 0.75 * primeOf(p)));
  return r;
}

/**
 * a·b modulo p.
 *
 * @param a |a·b| ≤ C·p² with C < 2; where p is tight, |a| and |b| ≤ (p + 1)/2
 * @param inverse 1/p
 * @returns |r| ≤ (1/2 + C/4)·p < p: with the product and 1/p rounded, the quotient is off by C·p · 2^−52; ≤ 3/4·p where p is
 *   tight, as C is 1/4 there
 */
export function times(a: v128, b: v128, p: v128, inverse: v128, shift: v128): v128 {
  assert(within(f64x2.mul(a, b), (isTight(primeOf(p)) ? 0.251 : 2) * primeOf(p) * primeOf(p)));
  const h = f64x2.mul(a, b);
  const q = f64x2.sub(f64x2.relaxed_madd(h, inverse, shift), shift);
  const low = f64x2.relaxed_nmadd(a, b, h);
  const r = f64x2.sub(f64x2.relaxed_nmadd(q, p, h), low);
  assert(within(r, (isTight(primeOf(p)) ? 0.75 : 1) * primeOf(p)));
  return r;
}

/**
 * x modulo p, balanced.
 *
 * @param x |x| < 2^53
 * @returns |r| ≤ (p + 1)/2; and ≤ (p − 1)/2, where there is but one such number, if |x| ≤ p
 */
export function reduced(x: v128, p: v128, inverse: v128, shift: v128): v128 {
  assert(within(x, 9007199254740992));
  const r = f64x2.relaxed_nmadd(f64x2.sub(f64x2.relaxed_madd(x, inverse, shift), shift), p, x);
  assert(within(r, (primeOf(p) + 1) / 2));
  return r;
}

/** The first of each pair. */
export function evens(a: v128, b: v128): v128 {
  return v128.shuffle<u64>(a, b, 0, 2);
}

/** The second of each pair. */
export function odds(a: v128, b: v128): v128 {
  return v128.shuffle<u64>(a, b, 1, 3);
}

/**
 * Whether relaxed_madd rounds once: (1 + x)² − (1 + 2x) is x² then, and 0 if the square was rounded.
 *
 * @param x 2^−30; a parameter, so that no compiler works it out
 */
export function isFused(x: f64): bool {
  const root = f64x2.splat(1 + x);
  const rest = f64x2.relaxed_madd(root, root, f64x2.splat(-1 - 2 * x));
  const negated = f64x2.relaxed_nmadd(root, root, f64x2.splat(1 + 2 * x));
  return f64x2.extract_lane(rest, 0) == x * x && f64x2.extract_lane(negated, 1) == -x * x;
}
