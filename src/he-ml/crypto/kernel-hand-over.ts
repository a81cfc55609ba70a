import type { Residues, RnsRing } from "../kernels/rns-ring.js";

// How a ciphertext goes from one evaluator to another in the same process: scale (a double), level and number of polynomials
// (32 bits each), then residue polynomials just as kernels keep them.

const headBytes = 16;

export interface HandedOver {
  readonly scale: number;
  readonly level: number;
  /** Polynomials. */
  readonly size: number;
}

/** @returns how many bytes were written */
export function writeResidues(
  { memory }: RnsRing,
  polynomials: readonly Residues[],
  scale: number,
  to: Uint8Array,
): number {
  const head = viewOf(to);
  head.setFloat64(0, scale);
  head.setUint32(8, polynomials[0].length);
  head.setUint32(12, polynomials.length);
  let at = headBytes;
  for (const address of polynomials.flat()) {
    const bytes = memory.bytesAt(address);
    to.set(bytes, at);
    at += bytes.length;
  }
  return at;
}

export function readHead(bytes: Uint8Array): HandedOver {
  const head = viewOf(bytes);
  return { scale: head.getFloat64(0), level: head.getUint32(8), size: head.getUint32(12) };
}

/** The polynomials, which are the caller's to give back. */
export function readResidues(
  { memory }: RnsRing,
  bytes: Uint8Array,
  { level, size }: HandedOver,
): number[][] {
  let at = headBytes;
  return Array.from({ length: size }, () =>
    Array.from({ length: level }, () => {
      const address = memory.take();
      const to = memory.bytesAt(address);
      to.set(bytes.subarray(at, at + to.length));
      at += to.length;
      return address;
    }),
  );
}

const viewOf = ({ buffer, byteOffset }: Uint8Array) => new DataView(buffer, byteOffset, headBytes);
