import { inWords, isObject, listInWords, requireArgument, requireList } from "../arguments.js";
import { InputError } from "../errors.js";
import { formatShape, type Shape } from "../tensor/tensor.js";
import type { Ciphertext, LevelAndScale } from "./ciphertext.js";
import { ciphertextCount, packings, type EncryptedLayout, type Packing } from "./packing.js";
import type { SlotLayout } from "./slot-layout.js";

/** Encrypted images as they travel: SEAL's serialised ciphertexts, uncompressed. */
export interface SerializedTensor extends EncryptedLayout {
  readonly ciphertexts: readonly Uint8Array[];
  /** BFV: the factor that values are multiplied by, which SEAL's bytes do not say there; left out in CKKS, where they do. */
  readonly scale?: number;
}

/** Bytes that travel with a serialised tensor. @throws InputError if it is none */
export function byteLength(tensor: SerializedTensor): number {
  requireSerialized("byteLength", tensor);
  return tensor.ciphertexts.reduce((sum, bytes) => sum + bytes.length, 0);
}

/** @throws InputError unless it has a list of ciphertexts, each of them bytes */
export function requireSerialized(operation: string, tensor: unknown): asserts tensor is SerializedTensor {
  const expected = "an encrypted tensor, with a list of ciphertexts as bytes";
  requireArgument(operation, isObject(tensor), expected, tensor);
  const { ciphertexts } = tensor as Partial<SerializedTensor>;
  requireList(operation, ciphertexts, expected, (bytes) => bytes instanceof Uint8Array);
}

/** @throws InputError unless a scale stands beside BFV ciphertexts */
export function requireScaleBeside(operation: string, scale: number | undefined): number {
  requireArgument(
    operation,
    typeof scale === "number" && scale > 0 && Number.isFinite(scale),
    "a scale above 0 beside BFV ciphertexts; keep it as encrypt and save give it",
    scale,
  );
  return scale;
}

/** @throws InputError unless it is what `PublicContext.load`, `ClearContext.encrypt` or a layer gives */
export function requireEncrypted(operation: string, tensor: unknown): asserts tensor is EncryptedTensor {
  requireArgument(
    operation,
    tensor instanceof EncryptedTensor,
    "an EncryptedTensor; take it as PublicContext.load or a layer gives it",
    tensor,
  );
}

/** @throws InputError unless this many ciphertexts hold such images */
export function requireCount(layout: EncryptedLayout, count: number): void {
  const { shape, packing, images } = layout;
  if (!packings.includes(packing) || !Number.isInteger(images) || images < 1) {
    throw new InputError(
      `encrypted tensor: expected at least one image in packing ${packings.join(" or ")}, ` +
        `got ${inWords(images)} in packing ${inWords(packing)}`,
    );
  }
  if (!Array.isArray(shape) || !shape.every((size) => Number.isInteger(size) && size > 0)) {
    throw new InputError(
      `encrypted tensor: expected a shape of whole, positive sizes, got ${listInWords(shape)}`,
    );
  }
  const expected = ciphertextCount(layout);
  if (count !== expected || expected === 0) {
    throw new InputError(
      `encrypted tensor: ${images} image(s) of ${formatShape(shape)} in packing ${packing} ` +
        `take ${expected} ciphertexts, got ${count}`,
    );
  }
}

/**
 * Encrypted images, all of whose ciphertexts stand at one level and scale. Owns its ciphertexts: dispose of it, or
 * hold it with `using`.
 */
export class EncryptedTensor implements EncryptedLayout, LevelAndScale, Disposable {
  readonly shape: Shape;
  readonly packing: Packing;
  readonly images: number;
  readonly slotLayout?: SlotLayout;

  /** @throws InputError if the number of ciphertexts does not fit, or their levels or scales differ */
  constructor(
    layout: EncryptedLayout,
    readonly ciphertexts: readonly Ciphertext[],
  ) {
    requireArgument("encrypted tensor", isObject(layout), "a layout, as { shape, packing, images }", layout);
    requireList("encrypted tensor", ciphertexts, "a list of ciphertexts");
    this.shape = layout.shape;
    this.packing = layout.packing;
    this.images = layout.images;
    this.slotLayout = layout.slotLayout;
    requireCount(layout, ciphertexts.length);
    const odd = ciphertexts.findIndex((c) => c.level !== this.level || c.scale !== this.scale);
    if (odd >= 0) {
      throw new InputError(
        `encrypted tensor: ciphertext ${odd} stands at another level or scale than the first`,
      );
    }
  }

  get level(): number {
    return this.ciphertexts[0].level;
  }

  get scale(): number {
    return this.ciphertexts[0].scale;
  }

  /** One line where it is printed, by `console.log` for one, in place of all its ciphertexts. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    const { shape, packing, images, ciphertexts, level } = this;
    return (
      `EncryptedTensor { ${formatShape(shape)}, packing ${packing}, images ${images}, ` +
      `ciphertexts ${ciphertexts.length}, level ${level} }`
    );
  }

  [Symbol.dispose](): void {
    for (const ciphertext of this.ciphertexts) ciphertext[Symbol.dispose]();
  }
}
