import type { LevelAndScale } from "./ciphertext.js";
import type { CkksParameters } from "./parameters.js";

/**
 * The same number in every slot is a constant polynomial, and a constant polynomial in NTT form is that constant,
 * reduced modulo each prime, in every coefficient. Writing those coefficients into SEAL's serialised form and
 * loading it skips the encoder's FFT and NTT.
 */
export class ConstantPolynomials {
  // SEAL 4.1.2, Plaintext::save_members after the 16-byte SEALHeader: parms_id (32 bytes), coeff_count (8),
  // scale (8), then a DynArray whose last N·level 64-bit words are the coefficients, prime by prime.
  static readonly #scaleOffset = 16 + 32 + 8;
  readonly #templates = new Map<number, Uint8Array>();

  constructor(
    private readonly parameters: CkksParameters,
    private readonly encodeOne: (at: LevelAndScale) => Uint8Array,
  ) {}

  /** Valid until the next call. */
  serialize(integer: number, { level, scale }: LevelAndScale): Uint8Array {
    const bytes = this.#template(level);
    new DataView(bytes.buffer, bytes.byteOffset).setFloat64(ConstantPolynomials.#scaleOffset, scale, true);
    const { polyModulusDegree, coeffModulus } = this.parameters;
    const start = bytes.length - 8 * polyModulusDegree * level;
    const coefficients = new BigUint64Array(
      bytes.buffer,
      bytes.byteOffset + start,
      polyModulusDegree * level,
    );
    const constant = BigInt(integer);
    for (let i = 0; i < level; i++) {
      const residue = ((constant % coeffModulus[i]) + coeffModulus[i]) % coeffModulus[i];
      coefficients.fill(residue, i * polyModulusDegree, (i + 1) * polyModulusDegree);
    }
    return bytes;
  }

  #template(level: number): Uint8Array {
    let template = this.#templates.get(level);
    if (!template) {
      template = Uint8Array.from(this.encodeOne({ level, scale: 1024 }));
      this.#templates.set(level, template);
    }
    return template;
  }
}
