import { ciphertextHeadBytes, keysHeadBytes, sealHeader, wordBytes } from "./seal-format.js";

/** A ciphertext's polynomials as SEAL writes them, uncompressed. */
export interface CiphertextWords {
  /** Polynomials, each of `level` residue polynomials of N words. */
  readonly polynomials: readonly BigUint64Array[];
  readonly level: number;
}

// Where numbers stand in the head of a ciphertext: see seal-format.ts.
const sizeAt = 16 + 4 * wordBytes + 1;
const degreeAt = sizeAt + wordBytes;
const levelAt = degreeAt + wordBytes;
const scaleAt = levelAt + wordBytes;
const correctionAt = scaleAt + wordBytes;
const arrayAt = correctionAt + wordBytes;

/** Takes apart what `Seal.save` made of a ciphertext. */
export function ciphertextWords(bytes: Uint8Array, n: number): CiphertextWords {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [size, level] = [sizeAt, levelAt].map((at) => Number(view.getBigUint64(at, true)));
  return { polynomials: polynomialsAt(bytes, ciphertextHeadBytes, size, level * n), level };
}

/** Puts a ciphertext together as SEAL would write it, uncompressed. */
export function ciphertextBytes(
  { polynomials, level }: CiphertextWords,
  n: number,
  scale: number,
  parmsId: readonly bigint[],
): Uint8Array {
  const size = polynomials.length;
  const data = size * level * n * wordBytes;
  const bytes = new Uint8Array(ciphertextHeadBytes + data);
  const view = new DataView(bytes.buffer);
  bytes.set(sealHeader(bytes.length));
  parmsId.forEach((word, i) => view.setBigUint64(16 + i * wordBytes, word, true));
  view.setUint8(sizeAt - 1, 1);
  for (const [at, value] of [
    [sizeAt, size],
    [degreeAt, n],
    [levelAt, level],
    [correctionAt, 1],
    [ciphertextHeadBytes - wordBytes, size * level * n],
  ]) {
    view.setBigUint64(at, BigInt(value), true);
  }
  view.setFloat64(scaleAt, scale, true);
  bytes.set(sealHeader(16 + wordBytes + data), arrayAt);
  polynomials.forEach((words, i) =>
    bytes.set(bytesOf(words), ciphertextHeadBytes + i * level * n * wordBytes),
  );
  return bytes;
}

/** The words of what `Seal.save` made of a plaintext: `level` residue polynomials. */
export function plaintextWords(bytes: Uint8Array, n: number, level: number): BigUint64Array {
  return polynomialsAt(bytes, bytes.length - level * n * wordBytes, 1, level * n)[0];
}

/** Puts other words and another scale in the place of a plaintext's. */
export function withPlaintextWords(bytes: Uint8Array, words: BigUint64Array, scale: number): Uint8Array {
  const changed = Uint8Array.from(bytes);
  // After SEALHeader, parms_id and coeff_count.
  new DataView(changed.buffer).setFloat64(16 + 5 * wordBytes, scale, true);
  changed.set(bytesOf(words), bytes.length - words.byteLength);
  return changed;
}

/**
 * The digits of the one key in what `Seal.save` made of relinearization or Galois keys, each a ciphertext modulo the whole
 * chain.
 */
export function switchingKeyWords(bytes: Uint8Array, n: number): CiphertextWords[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wordAt = (at: number) => Number(view.getBigUint64(at, true));
  let at = keysHeadBytes + wordBytes;
  while (wordAt(at) === 0) at += wordBytes;
  const count = wordAt(at);
  at += wordBytes;
  return Array.from({ length: count }, () => {
    const length = wordAt(at + wordBytes);
    at += length;
    return ciphertextWords(bytes.subarray(at - length, at), n);
  });
}

const bytesOf = (words: BigUint64Array) => new Uint8Array(words.buffer, words.byteOffset, words.byteLength);

function polynomialsAt(bytes: Uint8Array, start: number, count: number, words: number): BigUint64Array[] {
  // Copied, so that words lie where words may lie.
  const copy = bytes.slice(start, start + count * words * wordBytes);
  return Array.from(
    { length: count },
    (_, i) => new BigUint64Array(copy.buffer, i * words * wordBytes, words),
  );
}
