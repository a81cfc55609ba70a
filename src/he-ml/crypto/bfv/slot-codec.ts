import type { BatchEncoder, Seal, SealPlaintextHandle } from "../seal.js";
import { fromPolynomial, toPolynomial, type Digits } from "./digits.js";
import { decodeFraction, encodeFraction } from "./fractional-encoder.js";
import type { BfvParameters } from "./parameters.js";
import { plaintextBytes, polynomialOf } from "./polynomial-bytes.js";

/** The digits that a value is encoded as at a scale: of a fraction, or of the integer nearest to it. */
export function digitsAt(parameters: BfvParameters, value: number, scale: number): Digits {
  if (parameters.encoding === "fractional") return encodeFraction(value * scale, parameters);
  const integer = Math.round(value * scale);
  return { lowest: 0, coefficients: integer === 0 ? [] : [integer] };
}

/** BFV plaintexts: digits in a polynomial's coefficients, or integers in slots. */
export class BfvSlotCodec {
  readonly #seal: Seal;
  readonly #parameters: BfvParameters;
  readonly #batch?: BatchEncoder;

  constructor(seal: Seal, parameters: BfvParameters) {
    this.#seal = seal;
    this.#parameters = parameters;
    if (parameters.encoding === "integers") this.#batch = new seal.module.BatchEncoder(seal.context);
  }

  encode(values: Float64Array, scale: number, plain: SealPlaintextHandle): void {
    if (this.#batch) {
      this.#batch.encode(
        BigInt64Array.from(values, (value) => BigInt(Math.round(value * scale))),
        plain,
      );
    } else {
      this.encodeDigits(digitsAt(this.#parameters, values[0] ?? 0, scale), plain);
    }
  }

  /** The polynomial of these digits, which every slot is multiplied by. */
  encodeDigits(digits: Digits, plain: SealPlaintextHandle): void {
    const { polyModulusDegree, plainModulus } = this.#parameters;
    const bytes = plaintextBytes(toPolynomial(digits, polyModulusDegree, plainModulus));
    plain.loadFromArray(this.#seal.context, bytes);
  }

  decode(plain: SealPlaintextHandle, scale: number): Float64Array {
    if (this.#batch) {
      const integers = this.#batch.decodeBigInt64(plain) as BigInt64Array;
      return Float64Array.from(integers, (integer) => Number(integer) / scale);
    }
    const parameters = this.#parameters;
    if (parameters.encoding !== "fractional") return new Float64Array();
    const polynomial = polynomialOf(this.#seal.save(plain), parameters.polyModulusDegree);
    const digits = fromPolynomial(polynomial, parameters.plainModulus);
    return Float64Array.of(decodeFraction(digits, parameters.base) / scale);
  }

  [Symbol.dispose](): void {
    if (this.#batch && !this.#batch.isDeleted()) this.#batch.delete();
  }
}
