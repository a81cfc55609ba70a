import { dataModulusBits, dataPrimes, type SchemeParameters } from "./scheme-parameters.js";

// How SEAL 4.1.2 writes things, uncompressed; numbers are little-endian, a word has 64 bits. Everything begins with a
// SEALHeader: magic (16 bits), its own size, version_major, version_minor, compr_mode (8 bits each), reserved (16 bits),
// and the length of the whole, itself included (a word). Inside a ciphertext, a DynArray and a seed have headers of their
// own, and keys hold ciphertexts. https://github.com/microsoft/SEAL/blob/4.1.2/native/src/seal/serialization.h
const magic = 0xa15e;
const headerBytes = 16;
const version = [4, 1];
export const wordBytes = 8;

/** Before the list of keys: SEALHeader, parms_id. */
export const keysHeadBytes = headerBytes + 4 * wordBytes;

/**
 * Before the first coefficient of a ciphertext: SEALHeader, parms_id, is_ntt_form, size, poly_modulus_degree,
 * coeff_modulus_size, scale, correction_factor, then SEALHeader and length of the DynArray.
 */
export const ciphertextHeadBytes = headerBytes + 4 * wordBytes + 1 + 5 * wordBytes + headerBytes + wordBytes;

/** What stands for a second polynomial that was drawn at random: SEALHeader, type of the generator, its seed. */
export const seedBytes = headerBytes + 1 + 64;

/** Before the first coefficient of a secret key: SEALHeader, parms_id, coeff_count, scale, SEALHeader and length. */
const secretKeyHeadBytes = headerBytes + 4 * wordBytes + 2 * wordBytes + headerBytes + wordBytes;

/** Of prng_type, what SEAL's generators are by default: BLAKE2xb. */
const blake2xb = 1;

/** What a server computes on has 2 polynomials; between a product and its relinearization there are 3. */
const mostPolynomials = 3;

/** A coefficient divided by the scale, and N of them added up, must remain a finite double. */
const mostDoubleBits = 1000;

/** SEAL's header of something uncompressed that takes so many bytes, itself included. */
export function sealHeader(length: number): Uint8Array {
  const bytes = new Uint8Array(headerBytes);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, magic, true);
  bytes.set([headerBytes, ...version], 2);
  view.setBigUint64(8, BigInt(length), true);
  return bytes;
}

/** Bytes that SEAL would have read as what they are not. */
export class FormatError extends Error {
  override readonly name = "FormatError";
}

/** Reads field after field, each of which must say what is expected. */
class Fields {
  #at = 0;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.#view.byteLength - this.#at;
  }

  skip(count: number): number {
    if (count > this.left) throw new FormatError(`${count - this.left} of them are missing at the end`);
    this.#at += count;
    return this.#at - count;
  }

  require(what: string, got: number | bigint, expected: number | bigint): void {
    if (got !== expected) throw new FormatError(`${what} is ${got}, expected ${expected}`);
  }

  byte(what: string, expected: number): void {
    this.require(what, this.#view.getUint8(this.skip(1)), expected);
  }

  /** The next word, which is not passed. */
  peek(offset = 0): bigint {
    if (this.left < offset + wordBytes) throw new FormatError(`they are cut off`);
    return this.#view.getBigUint64(this.#at + offset, true);
  }

  word(what: string, expected: number | bigint): void {
    this.require(what, this.#view.getBigUint64(this.skip(wordBytes), true), BigInt(expected));
  }

  words(what: string, expected: readonly bigint[]): void {
    for (const word of expected) this.word(what, word);
  }

  double(): number {
    return this.#view.getFloat64(this.skip(wordBytes), true);
  }

  header(what: string, length: number): void {
    const view = this.#view;
    const at = this.skip(headerBytes);
    this.require(`${what}: magic`, view.getUint16(at, true), magic);
    this.require(`${what}: header_size`, view.getUint8(at + 2), headerBytes);
    version.forEach((part, i) => this.require(`${what}: version`, view.getUint8(at + 3 + i), part));
    this.require(`${what}: compr_mode`, view.getUint8(at + 5), 0);
    this.require(`${what}: reserved`, view.getUint16(at + 6, true), 0);
    this.require(`${what}: size`, view.getBigUint64(at + 8, true), BigInt(length));
  }

  end(): void {
    if (this.left > 0) throw new FormatError(`${this.left} more follow their end`);
  }
}

/** What bytes are taken for. Of Galois keys there is one, in the place that belongs to its Galois element. */
export type SealKind =
  "ciphertext" | "publicKey" | "relinKeys" | "secretKey" | { readonly galoisKeyIn: number };

/** SEAL's names for the chain, which stand in everything that it writes. */
export interface ParmsIds {
  /** By level: for the chain cut to 1, 2, … data primes, or in BFV for all of them. */
  readonly byLevel: readonly (readonly bigint[])[];
  /** For the whole chain, special prime included: under it stand keys. */
  readonly ofKeys: readonly bigint[];
}

/**
 * Holds bytes against what SEAL writes under these parameters, before SEAL sees them: every length, count and mode in them,
 * also in what is nested, so that SEAL sets apart no more memory than an honest object takes. Coefficients are SEAL's to
 * check.
 */
export class SealFormat {
  constructor(
    private readonly parameters: SchemeParameters,
    private readonly parmsIds: ParmsIds,
  ) {}

  /** Bytes of the longest honest object. */
  mostBytes(kind: SealKind): number {
    const { polyModulusDegree, coeffModulus } = this.parameters;
    const polynomial = polyModulusDegree * wordBytes;
    const key = ciphertextHeadBytes + 2 * coeffModulus.length * polynomial;
    if (kind === "ciphertext") return ciphertextHeadBytes + mostPolynomials * this.#dataPrimes * polynomial;
    if (kind === "publicKey") return key;
    if (kind === "secretKey") return secretKeyHeadBytes + coeffModulus.length * polynomial;
    const places = kind === "relinKeys" ? 1 : polyModulusDegree;
    return keysHeadBytes + (1 + places) * wordBytes + this.#dataPrimes * key;
  }

  /** @throws FormatError saying which field is not what it must be */
  require(kind: SealKind, bytes: Uint8Array): void {
    const fields = new Fields(bytes);
    const said = fields.peek(wordBytes);
    if (said !== BigInt(bytes.length))
      throw new FormatError(`there are ${bytes.length}, and their header says ${said}`);
    if (kind === "ciphertext") this.#ciphertext(fields);
    else if (kind === "publicKey") this.#keyCiphertext(fields, bytes.length);
    else if (kind === "secretKey") this.#secretKey(fields, bytes.length);
    else this.#switchingKeys(fields, kind, bytes.length);
    fields.end();
  }

  #ciphertext(fields: Fields): void {
    const name = [0, 1, 2, 3].map((i) => fields.peek(headerBytes + i * wordBytes));
    const level = 1 + this.parmsIds.byLevel.findIndex((known) => known.every((word, i) => word === name[i]));
    if (level === 0) throw new FormatError(`parms_id is that of no level of these`);
    const size = fields.peek(headerBytes + 4 * wordBytes + 1);
    if (size !== 2n && size !== BigInt(mostPolynomials)) {
      throw new FormatError(`size is ${size}, expected 2 or ${mostPolynomials}`);
    }
    const scale = this.#polynomials(
      fields,
      { parmsId: name, isNttForm: this.parameters.scheme === "ckks" },
      dataPrimes(this.parameters, level),
      Number(size),
      fields.left,
    );
    this.#scale(fields, level, scale);
  }

  #scale(fields: Fields, level: number, scale: number): void {
    if (this.parameters.scheme === "bfv") {
      fields.require("scale", scale, 1);
      return;
    }
    const room = dataModulusBits(this.parameters, level);
    const least = room - mostDoubleBits;
    if (!(scale > 0 && Math.log2(scale) > least && Math.log2(scale) < room)) {
      throw new FormatError(
        `scale is ${scale}, expected one from 2^${least.toFixed(0)} to 2^${room.toFixed(0)}`,
      );
    }
  }

  /** A ciphertext of zero under a key, the part that all keys are made of. */
  #keyCiphertext(fields: Fields, length: number): void {
    const head = { parmsId: this.parmsIds.ofKeys, isNttForm: true };
    const scale = this.#polynomials(fields, head, this.#primes, 2, length);
    fields.require("scale", scale, 1);
  }

  get #primes(): number {
    return this.parameters.coeffModulus.length;
  }

  get #dataPrimes(): number {
    return dataPrimes(this.parameters, this.parameters.levels);
  }

  /** @returns the scale */
  #polynomials(
    fields: Fields,
    { parmsId, isNttForm }: { readonly parmsId: readonly bigint[]; readonly isNttForm: boolean },
    primes: number,
    size: number,
    length: number,
  ): number {
    const { polyModulusDegree } = this.parameters;
    const one = primes * polyModulusDegree * wordBytes;
    const seeded = size === 2 && length === ciphertextHeadBytes + one + seedBytes;
    const held = seeded ? one : size * one;
    fields.header("the ciphertext", seeded ? length : ciphertextHeadBytes + held);
    fields.words("parms_id", parmsId);
    fields.byte("is_ntt_form", Number(isNttForm));
    fields.word("size", size);
    fields.word("poly_modulus_degree", polyModulusDegree);
    fields.word("coeff_modulus_size", primes);
    const scale = fields.double();
    fields.word("correction_factor", 1);
    this.#data(fields, held);
    if (seeded) {
      fields.header("the seed", seedBytes);
      fields.byte("prng_type", blake2xb);
      fields.skip(seedBytes - headerBytes - 1);
    }
    return scale;
  }

  #data(fields: Fields, bytes: number): void {
    fields.header("the DynArray", headerBytes + wordBytes + bytes);
    fields.word("its length", bytes / wordBytes);
    fields.skip(bytes);
  }

  #secretKey(fields: Fields, length: number): void {
    const count = this.#primes * this.parameters.polyModulusDegree;
    fields.header("the key", length);
    fields.words("parms_id", this.parmsIds.ofKeys);
    fields.word("coeff_count", count);
    fields.require("scale", fields.double(), 1);
    this.#data(fields, count * wordBytes);
  }

  /** Relinearization keys, or Galois keys for one element: a place for each key that there could be, most of them empty. */
  #switchingKeys(fields: Fields, kind: Exclude<SealKind, string> | "relinKeys", length: number): void {
    const { polyModulusDegree } = this.parameters;
    const digits = this.#dataPrimes;
    const places = kind === "relinKeys" ? 1 : polyModulusDegree;
    const held = kind === "relinKeys" ? 0 : kind.galoisKeyIn;
    const rest = length - keysHeadBytes - (1 + places) * wordBytes;
    fields.header("the keys", length);
    fields.words("parms_id", this.parmsIds.ofKeys);
    fields.word("the number of keys", places);
    for (let place = 0; place < places; place++) {
      fields.word("the number of digits", place === held ? digits : 0);
      if (place !== held) continue;
      for (let digit = 0; digit < digits; digit++) this.#keyCiphertext(fields, rest / digits);
    }
  }
}
