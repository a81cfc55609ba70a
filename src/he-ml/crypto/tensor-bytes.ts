import * as z from "zod";
import { requireArgument } from "../arguments.js";
import { InputError } from "../errors.js";
import type { TypeOf } from "../schema.js";
import { packBytes, unpackBytes } from "./byte-format.js";
import type { LevelAndScale } from "./ciphertext.js";
import { requireSerialized, type SerializedTensor } from "./encrypted-tensor.js";
import { packingSchema } from "./packing.js";

/** A digest of SHA-256, in hexadecimal. */
export const digestSchema = z.string().regex(/^[0-9a-f]{64}$/, "expected 64 hexadecimal digits");
/** Tells keys apart: 16 random bytes, in hexadecimal. */
export const keyIdSchema = z.string().regex(/^[0-9a-f]{32}$/, "expected 32 hexadecimal digits");

/** Where in a program's work an encrypted tensor belongs: to what it takes in, or to what it gives out. */
export type ProgramEnd = "input" | "output";

export const programEndSchema: z.ZodType<ProgramEnd> = z.enum(["input", "output"]);

const originSchema = z.strictObject({
  /** Digest of the program that it was made for, or that made it. */
  program: digestSchema,
  end: programEndSchema,
  /** Which client's key it is encrypted under. */
  key: keyIdSchema,
});

/** What an encrypted tensor says of itself beside its values: whose it is, and where it belongs. */
export interface TensorOrigin extends TypeOf<typeof originSchema> {}

const headerSchema = originSchema.extend({
  packing: packingSchema,
  /** Of one image. */
  shape: z.array(z.int().min(1)).max(8),
  images: z.int().min(1),
  /** Data primes left. */
  level: z.int().min(1),
  /** The factor by which values are multiplied, exactly. */
  scale: z.number().positive(),
});

/** An encrypted tensor as it travels between client and server. Its slot layout is the program's, and does not travel. */
export type TensorMessage = TypeOf<typeof headerSchema> & { readonly ciphertexts: readonly Uint8Array[] };

const kind = "encrypted tensor";

/**
 * An encrypted tensor in our own byte format.
 *
 * @throws InputError if a field is missing or out of range, so that `tensorFromBytes` would refuse it
 */
export function tensorToBytes(tensor: SerializedTensor, at: LevelAndScale, origin: TensorOrigin): Uint8Array {
  requireSerialized("tensorToBytes", tensor);
  const { packing, shape, images, ciphertexts } = tensor;
  const { level, scale } = (at ?? {}) as Partial<LevelAndScale>;
  const { program, end, key } = (origin ?? {}) as Partial<TensorOrigin>;
  const fields = { program, end, key, packing, shape, images, level, scale };
  const checked = headerSchema.safeParse(fields);
  if (!checked.success) {
    const [{ path, message }] = checked.error.issues;
    throw new InputError(
      `tensorToBytes: ${path.join(".")}: ${message}; take it as compile or a client gave it`,
    );
  }
  requireArgument("tensorToBytes", ciphertexts.length > 0, "at least one ciphertext", ciphertexts);
  return packBytes({ kind, scheme: "ckks", ...checked.data }, ciphertexts);
}

/**
 * Reads what `tensorToBytes` wrote; the ciphertexts are views of the bytes.
 *
 * @throws InputError if the bytes are none, damaged, or of another version
 */
export function tensorFromBytes(bytes: Uint8Array): TensorMessage {
  const { header, sections } = unpackBytes(kind, kind, bytes, headerSchema.shape);
  if (sections.length === 0) throw new InputError(`${kind}: expected at least one ciphertext, got none`);
  return { ...header, ciphertexts: sections };
}
