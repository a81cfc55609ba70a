import { sealHeader, wordBytes } from "../seal-format.js";

// SEAL 4.1.2, Plaintext::save_members: SEALHeader, parms_id (zero outside the NTT form), coeff_count, scale, then SEALHeader
// and length of the DynArray, whose words are the coefficients.
const headerBytes = 16;
const countAt = headerBytes + 4 * wordBytes;
const scaleAt = countAt + wordBytes;
const arrayAt = scaleAt + wordBytes;
const coefficientsAt = arrayAt + headerBytes + wordBytes;

/** The bytes that SEAL would write for a BFV plaintext of these coefficients. */
export function plaintextBytes(polynomial: BigUint64Array): Uint8Array {
  const bytes = new Uint8Array(coefficientsAt + polynomial.byteLength);
  const view = new DataView(bytes.buffer);
  const count = BigInt(polynomial.length);
  bytes.set(sealHeader(bytes.length));
  view.setBigUint64(countAt, count, true);
  view.setFloat64(scaleAt, 1, true);
  bytes.set(sealHeader(bytes.length - arrayAt), arrayAt);
  view.setBigUint64(coefficientsAt - wordBytes, count, true);
  bytes.set(new Uint8Array(polynomial.buffer, polynomial.byteOffset, polynomial.byteLength), coefficientsAt);
  return bytes;
}

/** The coefficients in what SEAL wrote of a BFV plaintext, with zeros up to degree N. */
export function polynomialOf(bytes: Uint8Array, polyModulusDegree: number): BigUint64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = Number(view.getBigUint64(countAt, true));
  return BigUint64Array.from({ length: polyModulusDegree }, (_, i) =>
    i < count ? view.getBigUint64(coefficientsAt + i * wordBytes, true) : 0n,
  );
}
