import { InputError } from "../errors.js";
import { complex, evaluateAtSlots, interpolateSlots, type Complex } from "./embedding.js";
import type { ToyParameters } from "./parameters.js";
import type { Polynomial } from "./ring.js";

/** Values as a polynomial with whole coefficients, `scale` times as large. */
export interface Plaintext {
  readonly polynomial: Polynomial;
  readonly scale: number;
}

/**
 * Encodes values: the polynomial that has `scale` times each of them in its slot, its coefficients rounded. Rounding moves
 * each coefficient by up to ½, and each slot by about √(N/12)/scale.
 *
 * @param values up to N / 2 numbers or complex numbers; zeros follow
 * @param scale that of the parameters if left out
 * @throws InputError if there are more values, one is not finite, or the scale is not above 0
 * @see https://eprint.iacr.org/2016/421, section 3.2
 * @example formatPolynomial(encode([1, 1, 1, 1], parameters, 64).polynomial) // 64
 */
export function encode(
  values: readonly (number | Complex)[],
  parameters: Pick<ToyParameters, "slots" | "scale">,
  scale = parameters.scale,
): Plaintext {
  if (!(scale > 0 && scale < Infinity)) {
    throw new InputError(`encode: expected a scale above 0, got ${scale}; take a power of two`);
  }
  const slots = scaledSlots(values, parameters.slots, scale);
  const polynomial = interpolateSlots(slots).map((coefficient) => BigInt(Math.round(coefficient)));
  return { polynomial, scale };
}

/** `scale` times each value; zeros after the last. */
function scaledSlots(values: readonly (number | Complex)[], slots: number, scale: number): Complex[] {
  if (values.length > slots) {
    throw new InputError(
      `encode: expected at most ${slots} values, got ${values.length}; take a larger ring`,
    );
  }
  return Array.from({ length: slots }, (_, k) => {
    const value = values[k] ?? 0;
    const { re, im } = typeof value === "number" ? complex(value) : value;
    const scaled = complex(re * scale, im * scale);
    // Their sum over all slots has to be finite, too.
    if (Number.isFinite((Math.abs(scaled.re) + Math.abs(scaled.im)) * slots)) return scaled;
    throw new InputError(`encode: expected finite numbers, got ${re} + ${im}i in slot ${k}; leave it out`);
  });
}

/**
 * What a plaintext holds: its values in the N / 2 slots, divided by its scale.
 *
 * @example formatSlots(decode(encode([1, -0.5], parameters))) // [1.000, −0.500, 0.000, 0.000]
 */
export const decode = ({ polynomial, scale }: Plaintext): Complex[] =>
  evaluateAtSlots(polynomial).map(({ re, im }) => complex(re / scale, im / scale));

/**
 * The real parts of complex numbers, which is all that real computations care about.
 *
 * @example realParts([complex(1, 2), complex(3)]) // [ 1, 3 ]
 */
export const realParts = (values: readonly Complex[]): number[] => values.map(({ re }) => re);
