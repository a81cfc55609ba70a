import * as z from "zod";
import { InputError } from "../errors.js";
import type { Shape } from "../tensor/tensor.js";
import { packBytes, unpackBytes } from "./byte-format.js";
import type { LevelAndScale } from "./ciphertext.js";
import type { SerializedTensor } from "./encrypted-tensor.js";
import { packings, type Packing } from "./packing.js";

/** A digest of SHA-256, in hexadecimal. */
export const digestSchema = z.string().regex(/^[0-9a-f]{64}$/, "expected 64 hexadecimal digits");
/** Tells keys apart: 16 random bytes, in hexadecimal. */
export const keyIdSchema = z.string().regex(/^[0-9a-f]{32}$/, "expected 32 hexadecimal digits");

/** Where in a program's work an encrypted tensor belongs: to what it takes in, or to what it gives out. */
export type ProgramEnd = "input" | "output";

/** What an encrypted tensor says of itself beside its values: whose it is, and where it belongs. */
export interface TensorOrigin {
  /** Digest of the program that it was made for, or that made it. */
  readonly program: string;
  readonly end: ProgramEnd;
  /** Which client's key it is encrypted under. */
  readonly key: string;
}

/** An encrypted tensor as it travels between client and server. Its slot layout is the program's, and does not travel. */
export interface TensorMessage extends TensorOrigin, LevelAndScale {
  readonly packing: Packing;
  /** Of one image. */
  readonly shape: Shape;
  readonly images: number;
  readonly ciphertexts: readonly Uint8Array[];
}

const shape = {
  program: digestSchema,
  end: z.enum(["input", "output"]),
  key: keyIdSchema,
  packing: z.enum(packings as readonly [Packing, ...Packing[]]),
  shape: z.array(z.int().min(1)).max(8),
  images: z.int().min(1),
  level: z.int().min(1),
  scale: z.number().positive(),
};

const kind = "encrypted tensor";

/** An encrypted tensor in our own byte format. */
export function tensorToBytes(
  { shape, packing, images, ciphertexts }: SerializedTensor,
  { level, scale }: LevelAndScale,
  { program, end, key }: TensorOrigin,
): Uint8Array {
  const header = { kind, scheme: "ckks", program, end, key, packing, shape, images, level, scale } as const;
  return packBytes(header, ciphertexts);
}

/**
 * Reads what `tensorToBytes` wrote; the ciphertexts are views of the bytes.
 *
 * @throws InputError if the bytes are none, damaged, or of another version
 */
export function tensorFromBytes(bytes: Uint8Array): TensorMessage {
  const { header, sections } = unpackBytes(kind, kind, bytes, shape);
  if (sections.length === 0) throw new InputError(`${kind}: expected at least one ciphertext, got none`);
  return { ...header, ciphertexts: sections };
}
