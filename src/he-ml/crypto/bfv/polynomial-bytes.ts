import { sealHeader, wordBytes } from "../seal-format.js";

// SEAL 4.1.2, Plaintext::save_members: SEALHeader, parms_id (zero outside the NTT form), coeff_count, scale, then SEALHeader
// and length of the DynArray, whose words are the coefficients.
const headerBytes = 16;
const countAt = headerBytes + 4 * wordBytes;
const scaleAt = countAt + wordBytes;
const arrayAt = scaleAt + wordBytes;
const coefficientsAt = arrayAt + headerBytes + wordBytes;

/** The bytes that SEAL would write for a BFV plaintext of these coefficients. */
export function plaintextBytes(polynomial: Float64Array): Uint8Array {
  const bytes = new Uint8Array(coefficientsAt + polynomial.length * wordBytes);
  const view = new DataView(bytes.buffer);
  const count = BigInt(polynomial.length);
  bytes.set(sealHeader(bytes.length));
  view.setBigUint64(countAt, count, true);
  view.setFloat64(scaleAt, 1, true);
  bytes.set(sealHeader(bytes.length - arrayAt), arrayAt);
  view.setBigUint64(coefficientsAt - wordBytes, count, true);
  polynomial.forEach((residue, i) => {
    if (residue !== 0) view.setBigUint64(coefficientsAt + i * wordBytes, BigInt(residue), true);
  });
  return bytes;
}

/** The coefficients, below 2^53, in what SEAL wrote of a BFV plaintext, with zeros up to degree N. */
export function polynomialOf(bytes: Uint8Array, polyModulusDegree: number): Float64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = Number(view.getBigUint64(countAt, true));
  const polynomial = new Float64Array(polyModulusDegree);
  for (let i = 0; i < count; i++) {
    const at = coefficientsAt + i * wordBytes;
    polynomial[i] = view.getUint32(at, true) + 2 ** 32 * view.getUint32(at + wordBytes / 2, true);
  }
  return polynomial;
}
