import { inverseMod, minimalRoot, powerMod } from "../../../src/he-ml/kernels/roots.js";
import type { SchemeParameters } from "../../../src/he-ml/crypto/scheme-parameters.js";

/** Before the coefficients of a secret key as SEAL writes it. */
const headBytes = 88;
/** Any window of the key of twice as many bytes, or of twice as many coefficients, holds one of the blocks that are looked for. */
const blockBytes = 32;
const blockCoefficients = 32;

/** A secret key in the forms in which it is looked for: bytes of blocks, by the name of the form. */
export type SecretBlocks = ReadonlyMap<string, readonly Uint8Array[]>;

/** @param key as SEAL writes it: residues modulo each prime, in transformed form */
export function secretBlocks(
  key: Uint8Array,
  { polyModulusDegree: n, coeffModulus }: SchemeParameters,
): SecretBlocks {
  const residues = new DataView(key.buffer, key.byteOffset + headBytes);
  const [prime] = coeffModulus;
  const transformed = Array.from({ length: n }, (_, i) => residues.getBigUint64(8 * i, true));
  const ternary = untransformed(transformed, prime).map((value) =>
    value === prime - 1n ? -1 : Number(value),
  );
  if (ternary.some((value) => Math.abs(value) > 1))
    throw new Error("the key's coefficients are not −1, 0 and 1");
  const encoded = (what: (values: readonly number[]) => ArrayBufferView): Uint8Array[] =>
    Array.from({ length: n / blockCoefficients }, (_, i) => {
      const { buffer, byteLength } = what(ternary.slice(i * blockCoefficients, (i + 1) * blockCoefficients));
      return new Uint8Array(buffer as ArrayBuffer, 0, byteLength);
    });
  const text = (join: string) => encoded((values) => new TextEncoder().encode(values.join(join)));
  return new Map([
    ["the exported key", blocksOf(key.subarray(headBytes), blockBytes)],
    [
      "residues as doubles",
      blocksOf(new Uint8Array(Float64Array.from(transformed, Number).buffer), blockBytes),
    ],
    ["coefficients as bytes", encoded((values) => Int8Array.from(values))],
    ["coefficients as bytes, from 0", encoded((values) => Int8Array.from(values, (value) => value + 1))],
    ["coefficients as 16 bits", encoded((values) => Int16Array.from(values))],
    ["coefficients as 32 bits", encoded((values) => Int32Array.from(values))],
    ["coefficients as 64 bits", encoded((values) => BigInt64Array.from(values, BigInt))],
    ["coefficients as doubles", encoded((values) => Float64Array.from(values))],
    ["coefficients as text", [...text(","), ...text(", "), ...text("")]],
    ...coeffModulus.map((p, i): [string, Uint8Array[]] => [
      `coefficients modulo prime ${i}`,
      encoded((values) => BigUint64Array.from(values, (value) => (BigInt(value) + p) % p)),
    ]),
  ]);
}

function blocksOf(bytes: Uint8Array, length: number): Uint8Array[] {
  return Array.from({ length: Math.floor(bytes.length / length) }, (_, i) =>
    bytes.subarray(i * length, (i + 1) * length),
  );
}

/** A polynomial's coefficients, by its values at the odd powers of the root, in SEAL's order. */
function untransformed(values: readonly bigint[], p: bigint): bigint[] {
  const n = values.length;
  const root = inverseMod(minimalRoot(n, p), p);
  const result = [...values];
  for (let length = 2; length <= n; length *= 2) {
    const step = powerMod(root, BigInt((2 * n) / length), p);
    for (let start = 0; start < n; start += length) {
      let factor = 1n;
      for (let i = start; i < start + length / 2; i++) {
        const [a, b] = [result[i], (result[i + length / 2] * factor) % p];
        result[i] = (a + b) % p;
        result[i + length / 2] = (a - b + p) % p;
        factor = (factor * step) % p;
      }
    }
  }
  const scale = inverseMod(BigInt(n), p);
  return result.map((value, i) => (((value * scale) % p) * powerMod(root, BigInt(i), p)) % p);
}

/** Finds a secret key's blocks in bytes, at any place. */
export class SecretSearch {
  /** Of the four bytes that a block begins with: a bit for each of 2^24 classes of them. */
  readonly #beginnings = new Uint8Array(2 ** 21);
  readonly #blocks = new Map<number, { readonly form: string; readonly bytes: Uint8Array }[]>();

  constructor(secrets: readonly SecretBlocks[]) {
    for (const secret of secrets) {
      for (const [form, blocks] of secret) for (const bytes of blocks) this.#add(form, bytes);
    }
  }

  #add(form: string, bytes: Uint8Array): void {
    const first = word(bytes, 0);
    const place = classOf(first);
    this.#beginnings[place >>> 3] |= 1 << (place & 7);
    const others = this.#blocks.get(first);
    if (others) others.push({ form, bytes });
    else this.#blocks.set(first, [{ form, bytes }]);
  }

  /** The form in which the key stands in the bytes; undefined if it does not. */
  find(bytes: Uint8Array): string | undefined {
    for (let at = 0; at + 4 <= bytes.length; at++) {
      const first = word(bytes, at);
      const place = classOf(first);
      if ((this.#beginnings[place >>> 3] & (1 << (place & 7))) === 0) continue;
      const found = this.#blocks
        .get(first)
        ?.find((block) => block.bytes.every((byte, i) => byte === bytes[at + i]));
      if (found) return found.form;
    }
    return undefined;
  }
}

const word = (bytes: Uint8Array, at: number): number =>
  (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0;

const classOf = (first: number): number => Math.imul(first, 0x9e3779b1) >>> 8;
