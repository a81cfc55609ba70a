import { EncryptedTensor, requireCount, type SerializedTensor } from "./encrypted-tensor.js";
import { requireSlots } from "./packing.js";
import { formatParameters, type CkksParameters } from "./parameters.js";
import { expandRotationKey, type RotationKey } from "./rotation-keys.js";
import { SealEvaluator, type HeldRotationKey } from "./seal-evaluator.js";
import { Seal } from "./seal.js";

/** What a client hands to a server so that it can compute: SEAL's serialised keys, seeded and uncompressed. */
export interface EvaluationKeys {
  readonly publicKey: Uint8Array;
  readonly relinKeys: Uint8Array;
  /** For the rotations of a plan; layer by layer nothing is rotated. */
  readonly rotationKeys?: readonly RotationKey[];
}

/** Bytes that travel with evaluation keys. */
export function keyBytes({ publicKey, relinKeys, rotationKeys = [] }: EvaluationKeys): number {
  return rotationKeys.reduce((sum, { bytes }) => sum + bytes.length, publicKey.length + relinKeys.length);
}

/**
 * The server's side: public and evaluation keys only. It can compute on ciphertexts and cannot decrypt them; no
 * method takes a secret key, and its WASM instance is its own, so none is ever in its memory.
 */
export class PublicContext {
  readonly parameters: CkksParameters;
  readonly evaluator: SealEvaluator;

  private constructor(evaluator: SealEvaluator) {
    this.parameters = evaluator.parameters;
    this.evaluator = evaluator;
  }

  /**
   * @throws InputError if the keys do not belong to the parameters
   * @example const server = await PublicContext.load(parameters, client.exportEvaluationKeys());
   */
  static async load(parameters: CkksParameters, keys: EvaluationKeys): Promise<PublicContext> {
    const seal = await Seal.open(parameters);
    const relinKeys = new seal.module.RelinKeys();
    const encryptor = seal.attempt("evaluation keys", () => {
      using publicKey = new seal.module.PublicKey();
      seal.load("public key", publicKey, keys.publicKey, 2);
      seal.load("relinearization keys", relinKeys, keys.relinKeys, 2 * parameters.levels);
      return new seal.module.Encryptor(seal.context, publicKey);
    });
    const rotationKeys = (keys.rotationKeys ?? []).map((key) => loadRotationKey(seal, key));
    return new PublicContext(new SealEvaluator(seal, { encryptor, relinKeys, rotationKeys }));
  }

  /** One line where it is printed, in place of SEAL's whole module. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `PublicContext { ${formatParameters(this.parameters)}, no secret key }`;
  }

  /**
   * Takes in an encrypted tensor that has travelled; the caller owns the result.
   *
   * @throws InputError unless every ciphertext is sound and there are as many as shape and packing need
   */
  load({ ciphertexts, ...layout }: SerializedTensor): EncryptedTensor {
    requireCount(layout, ciphertexts.length);
    requireSlots(layout, this.parameters.slots);
    const loaded = [];
    try {
      for (const bytes of ciphertexts) loaded.push(this.evaluator.load(bytes));
      return new EncryptedTensor(layout, loaded);
    } catch (error) {
      for (const ciphertext of loaded) ciphertext[Symbol.dispose]();
      throw error;
    }
  }

  /** An encrypted tensor as it would travel. */
  save({ shape, packing, images, slotLayout, ciphertexts }: EncryptedTensor): SerializedTensor {
    return {
      shape,
      packing,
      images,
      slotLayout,
      ciphertexts: ciphertexts.map((ciphertext) => this.evaluator.save(ciphertext)),
    };
  }
}

function loadRotationKey(seal: Seal, key: RotationKey): HeldRotationKey {
  const { step, level } = key;
  const handle = new seal.module.GaloisKeys();
  const { levels } = seal.parameters;
  seal.load(`rotation key ${step}`, handle, expandRotationKey(seal.parameters, key), 2 * levels);
  return { step, level, handle };
}
