import * as z from "zod";
import { requireArgument, requireOptions } from "../arguments.js";
import { bytesSchema, type TypeOf } from "../schema.js";
import { RnsRing, type RnsRingOptions } from "../kernels/rns-ring.js";
import { chooseEvaluator } from "./choose-evaluator.js";
import type { EvaluatorKind } from "./evaluator-kind.js";
import type { Evaluator } from "./evaluator.js";
import { KernelEvaluator, type KernelEvaluatorOptions } from "./kernel-evaluator.js";
import { KernelKeys } from "./kernel-keys.js";
import {
  EncryptedTensor,
  requireCount,
  requireEncrypted,
  requireSerialized,
  type SerializedTensor,
} from "./encrypted-tensor.js";
import { requireSlots } from "./packing.js";
import { formatParameters, type CkksParameters } from "./parameters.js";
import { expandRotationKey, galoisPlace, rotationKeySchema } from "./rotation-keys.js";
import { SealEvaluator, type EvaluationKeyHandles, type HeldRotationKey } from "./seal-evaluator.js";
import { Seal } from "./seal.js";

export const evaluationKeysSchema = z.strictObject({
  publicKey: bytesSchema,
  /** For products of ciphertexts; a server that makes none needs none. */
  relinKeys: bytesSchema.optional(),
  /** For the rotations of a plan; layer by layer nothing is rotated. */
  rotationKeys: z.array(rotationKeySchema).optional(),
});

/** What a client hands to a server so that it can compute: SEAL's serialised keys, seeded and uncompressed. */
export interface EvaluationKeys extends TypeOf<typeof evaluationKeysSchema> {}

/** Bytes that travel with evaluation keys. @throws InputError if they are none */
export function keyBytes(keys: EvaluationKeys): number {
  requireKeys("keyBytes", keys);
  const { publicKey, relinKeys, rotationKeys = [] } = keys;
  return rotationKeys.reduce(
    (sum, { bytes }) => sum + bytes.length,
    publicKey.length + (relinKeys?.length ?? 0),
  );
}

/** @throws InputError unless they have the form of evaluation keys */
function requireKeys(operation: string, keys: unknown): asserts keys is EvaluationKeys {
  const isRight = evaluationKeysSchema.safeParse(keys).success;
  requireArgument(operation, isRight, "evaluation keys; take them as exportEvaluationKeys gives them", keys);
}

export interface PublicContextOptions {
  /** `"seal"` if left out; `"kernel"` is refused where the kernels do not pass their self-test. */
  readonly evaluator?: EvaluatorKind;
  /** Of the kernel evaluator: how residues are kept (doubles where they do, if left out), and whether all is as in SEAL. */
  readonly kernel?: RnsRingOptions & KernelEvaluatorOptions;
}

/**
 * The server's side: public and evaluation keys only. It can compute on ciphertexts and cannot decrypt them; no
 * method takes a secret key, and its WASM instance never holds one.
 */
export class PublicContext implements Disposable {
  readonly parameters: CkksParameters;
  readonly evaluator: Evaluator;
  readonly #workshop: Workshop;
  readonly #evaluator: Evaluator & Disposable;

  private constructor(workshop: Workshop, evaluator: Evaluator & Disposable) {
    this.parameters = workshop.seal.parameters;
    this.evaluator = evaluator;
    this.#workshop = workshop;
    this.#evaluator = evaluator;
  }

  /**
   * A context without keys: it encodes weights, once for all clients.
   *
   * @throws InputError if the evaluator is `"kernel"` and the kernels cannot be used
   * @example
   * const server = await PublicContext.open(parameters);
   * const encoded = server.evaluator.encode(weights, at);
   * const forAlice = server.withKeys(aliceKeys); // computes with the same `encoded`
   */
  static async open(parameters: CkksParameters, options: PublicContextOptions = {}): Promise<PublicContext> {
    const workshop = await openWorkshop(parameters, options);
    return new PublicContext(workshop, evaluatorWith(workshop));
  }

  /**
   * @throws InputError if the keys do not belong to the parameters, or the evaluator cannot be used
   * @example const server = await PublicContext.load(parameters, client.exportEvaluationKeys());
   */
  static async load(
    parameters: CkksParameters,
    keys: EvaluationKeys,
    options: PublicContextOptions = {},
  ): Promise<PublicContext> {
    const workshop = await openWorkshop(parameters, options);
    return new PublicContext(workshop, evaluatorWith(workshop, keys));
  }

  /**
   * A context for another client in the same WASM instance: what this one encoded is good for it too. Ciphertexts stay
   * apart. The caller disposes of it, which frees the keys.
   *
   * @throws InputError if the keys do not belong to the parameters
   */
  withKeys(keys: EvaluationKeys): PublicContext {
    return new PublicContext(this.#workshop, evaluatorWith(this.#workshop, keys));
  }

  /** Frees the keys. */
  [Symbol.dispose](): void {
    this.#evaluator[Symbol.dispose]();
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
  load(tensor: SerializedTensor): EncryptedTensor {
    requireSerialized("load", tensor);
    const { ciphertexts, ...layout } = tensor;
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

  /** An encrypted tensor as it would travel. @throws InputError if it is none */
  save(tensor: EncryptedTensor): SerializedTensor {
    requireEncrypted("save", tensor);
    const { shape, packing, images, slotLayout, ciphertexts } = tensor;
    return {
      shape,
      packing,
      images,
      slotLayout,
      ciphertexts: ciphertexts.map((ciphertext) => this.evaluator.save(ciphertext)),
    };
  }
}

/** What evaluators of one context share: memory, and what is encoded in it. */
interface Workshop {
  readonly seal: Seal;
  /** None where SEAL computes. */
  readonly ring?: RnsRing;
  readonly asSeal: boolean;
}

async function openWorkshop(parameters: CkksParameters, given: PublicContextOptions): Promise<Workshop> {
  const { evaluator = "seal", kernel = {} } = requireOptions("PublicContext", given);
  const { asSeal = false, ...options } = requireOptions("PublicContext: kernel", kernel);
  const seal = await Seal.open(parameters);
  if (evaluator === "seal") return { seal, asSeal };
  const { polyModulusDegree, coeffModulus } = seal.parameters;
  const { kinds } = await chooseEvaluator(seal.parameters, { asked: evaluator });
  const tested = kinds?.includes("f64") ? options : { ...options, kind: "i64" as const };
  return { seal, asSeal, ring: await RnsRing.open(polyModulusDegree, coeffModulus, tested) };
}

function evaluatorWith({ seal, ring, asSeal }: Workshop, keys?: EvaluationKeys): Evaluator & Disposable {
  const handles = keys && loadKeys(seal, keys);
  if (!ring) return new SealEvaluator(seal, handles);
  const { encryptor, relinKeys, rotationKeys } = handles ?? { rotationKeys: [] };
  const own = new SealEvaluator(seal, encryptor && { encryptor, rotationKeys: [] });
  if (!handles) return new KernelEvaluator(ring, own, undefined, { asSeal });
  const held = new KernelKeys(ring, !asSeal);
  try {
    if (relinKeys) held.addRelinearization(seal.save(relinKeys));
    for (const { step, level, handle } of rotationKeys) held.addRotation(step, level, seal.save(handle));
    return new KernelEvaluator(ring, own, held, { asSeal });
  } catch (error) {
    held[Symbol.dispose]();
    own[Symbol.dispose]();
    throw error;
  } finally {
    for (const handle of [relinKeys, ...rotationKeys.map((key) => key.handle)]) handle?.delete();
  }
}

function loadKeys(
  seal: Seal,
  { publicKey, relinKeys, rotationKeys = [] }: EvaluationKeys,
): EvaluationKeyHandles {
  const { module, parameters } = seal;
  const handles: { delete(): void }[] = [];
  const made = <H extends { delete(): void }>(handle: H): H => {
    handles.push(handle);
    return handle;
  };
  try {
    const encryptor = made(
      seal.attempt("evaluation keys", () => {
        using key = new module.PublicKey();
        seal.load("public key", key, publicKey, "publicKey");
        return new module.Encryptor(seal.context, key);
      }),
    );
    const relin = relinKeys && made(new module.RelinKeys());
    if (relin) seal.load("relinearization keys", relin, relinKeys, "relinKeys");
    const held = rotationKeys.map((key): HeldRotationKey => {
      const handle = made(new module.GaloisKeys());
      const bytes = expandRotationKey(parameters, key);
      seal.load(`rotation key ${key.step}`, handle, bytes, {
        galoisKeyIn: galoisPlace(parameters, key.step),
      });
      return { step: key.step, level: key.level, handle };
    });
    return { encryptor, relinKeys: relin, rotationKeys: held };
  } catch (error) {
    for (const handle of handles) handle.delete();
    throw error;
  }
}
