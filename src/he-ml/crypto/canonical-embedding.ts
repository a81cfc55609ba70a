/**
 * The canonical embedding of CKKS for real slots: slot j of a polynomial m of degree N − 1 is its value at ζ^(3^j), where
 * ζ = exp(iπ/N), and at the conjugate root; j = 0 … N/2 − 1, as SEAL orders them. Cheon, Kim, Kim, Song, "Homomorphic
 * Encryption for Arithmetic of Approximate Numbers", ASIACRYPT 2017, section 3, https://eprint.iacr.org/2016/421.
 */

/**
 * The N real coefficients whose polynomial has these N/2 real slots: what an encoder multiplies by its scale and rounds.
 *
 * @example coefficientsOf(Float64Array.of(1, 1)); // [1, 0, 0, 0]: a constant is itself in every slot
 */
export function coefficientsOf(slots: Float64Array): Float64Array {
  const degree = 2 * slots.length;
  const [re, im] = [new Float64Array(degree), new Float64Array(degree)];
  rootsOfSlots(degree).forEach((root, slot) => {
    re[root] = slots[slot];
    re[degree - 1 - root] = slots[slot];
  });
  transform(re, im, -1);
  return re.map((real, k) => {
    const angle = (-Math.PI * k) / degree;
    return (real * Math.cos(angle) - im[k] * Math.sin(angle)) / degree;
  });
}

/**
 * The real parts of the N/2 slots of a polynomial with N real coefficients.
 *
 * @example slotsOf(Float64Array.of(0, 1, 0, -1)); // [√2, −√2]: X − X³ at exp(iπ/4) and at exp(3iπ/4)
 */
export function slotsOf(coefficients: Float64Array): Float64Array {
  const degree = coefficients.length;
  const [re, im] = [Math.cos, Math.sin].map((part) =>
    coefficients.map((coefficient, k) => coefficient * part((Math.PI * k) / degree)),
  );
  transform(re, im, 1);
  return Float64Array.from(rootsOfSlots(degree), (root) => re[root]);
}

/** For each slot j the t of its root ζ^(2t + 1) = ζ^(3^j). */
function rootsOfSlots(degree: number): Int32Array {
  let power = 1;
  return Int32Array.from({ length: degree / 2 }, () => {
    const root = (power - 1) / 2;
    power = (3 * power) % (2 * degree);
    return root;
  });
}

/** Σ xₖ·exp(±2πi·tk/n) for all t, in place (Cooley and Tukey, radix 2). */
function transform(re: Float64Array, im: Float64Array, sign: 1 | -1): void {
  const n = re.length;
  reverseBits(re);
  reverseBits(im);
  const [cosines, sines] = [Math.cos, Math.sin].map((part) =>
    Float64Array.from({ length: n / 2 }, (_, k) => part((2 * Math.PI * k) / n)),
  );
  for (let half = 1; half < n; half *= 2) {
    const stride = n / (2 * half);
    for (let start = 0; start < n; start += 2 * half) {
      for (let k = 0; k < half; k++) {
        const [low, high] = [start + k, start + k + half];
        const [cos, sin] = [cosines[k * stride], sign * sines[k * stride]];
        const real = re[high] * cos - im[high] * sin;
        const imaginary = re[high] * sin + im[high] * cos;
        re[high] = re[low] - real;
        im[high] = im[low] - imaginary;
        re[low] += real;
        im[low] += imaginary;
      }
    }
  }
}

function reverseBits(values: Float64Array): void {
  const n = values.length;
  for (let i = 1, reversed = 0; i < n; i++) {
    let bit = n / 2;
    for (; reversed & bit; bit /= 2) reversed ^= bit;
    reversed ^= bit;
    if (i < reversed) [values[i], values[reversed]] = [values[reversed], values[i]];
  }
}
