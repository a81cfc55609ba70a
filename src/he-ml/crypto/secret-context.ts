import { requireList, requireOptions } from "../arguments.js";
import { finishInTurns, runToEnd, type LongWorkOptions, type Step } from "../long-work.js";
import { InputError } from "../errors.js";
import { maxAbs, requireTensor, type Tensor } from "../tensor/tensor.js";
import type { LevelAndScale } from "./ciphertext.js";
import { DecryptionFailedError } from "./decryption-failed-error.js";
import { requireCount, requireScaleBeside, type SerializedTensor } from "./encrypted-tensor.js";
import {
  ciphertextCount,
  pack,
  requireEncodable,
  requirePacking,
  requireSlots,
  unpack,
  type EncryptedLayout,
  type Packing,
} from "./packing.js";
import type { CkksParameters } from "./parameters.js";
import { requireStanding } from "./preconditions.js";
import type { EvaluationKeys } from "./evaluation-keys.js";
import { requireRotation, trimRotationKey, type RotationKey, type RotationNeed } from "./rotation-keys.js";
import {
  dataModulusBits,
  formatSchemeParameters,
  hasKeySwitching,
  requireKeySwitching,
  type SchemeParameters,
} from "./scheme-parameters.js";
import {
  Seal,
  type Decryptor,
  type Encryptor,
  type SealCiphertextHandle,
  type SealPlaintextHandle,
  type SecretKey,
} from "./seal.js";
import { slotCodec, type SlotCodec } from "./slot-codec.js";
import type { SlotLayout } from "./slot-layout.js";

/** How a client packs its images. */
export interface EncryptOptions {
  readonly packing: Packing;
  /** Which slot holds which value, in packing `packed`. */
  readonly slotLayout?: SlotLayout;
}

/**
 * The client's side: makes the keys, encrypts and decrypts. Its secret key leaves it only through
 * `exportSecretKey`, and lives in a WASM memory of its own.
 */
export class SecretContext<P extends SchemeParameters = CkksParameters> {
  readonly parameters: P;
  readonly #seal: Seal<P>;
  readonly #secretKey: SecretKey;
  /** Relinearization keys only where there is key switching. */
  readonly #evaluationKeys: Pick<EvaluationKeys, "publicKey" | "relinKeys">;
  readonly #codec: SlotCodec;
  readonly #encryptor: Encryptor;
  readonly #decryptor: Decryptor;

  private constructor(
    seal: Seal<P>,
    secretKey: SecretKey,
    evaluationKeys: Pick<EvaluationKeys, "publicKey" | "relinKeys">,
  ) {
    this.parameters = seal.parameters;
    this.#seal = seal;
    this.#secretKey = secretKey;
    this.#evaluationKeys = evaluationKeys;
    this.#codec = slotCodec(seal);
    using publicKey = new seal.module.PublicKey();
    publicKey.loadFromArray(seal.context, evaluationKeys.publicKey);
    this.#encryptor = new seal.module.Encryptor(seal.context, publicKey, secretKey);
    this.#decryptor = new seal.module.Decryptor(seal.context, secretKey);
  }

  /**
   * Makes fresh keys.
   *
   * @throws InputError unless the parameters pass their scheme's check, wherever they come from
   * @example const client = await SecretContext.create(checkParameters(spec));
   * @example const client = await SecretContext.create(checkBfvParameters(spec));
   */
  static async create<P extends SchemeParameters>(parameters: P): Promise<SecretContext<P>> {
    const seal = await Seal.open(parameters);
    using generator = new seal.module.KeyGenerator(seal.context);
    return SecretContext.#fromGenerator(seal, generator);
  }

  /**
   * Takes up a secret key saved with `exportSecretKey`; the public keys are made anew.
   *
   * @throws InputError if the bytes are no secret key of these parameters
   */
  static async fromSecretKey<P extends SchemeParameters>(
    parameters: P,
    bytes: Uint8Array,
  ): Promise<SecretContext<P>> {
    const seal = await Seal.open(parameters);
    using secretKey = new seal.module.SecretKey();
    return seal.attempt("secret key", () => {
      seal.load("secret key", secretKey, bytes, "secretKey");
      using generator = new seal.module.KeyGenerator(seal.context, secretKey);
      return SecretContext.#fromGenerator(seal, generator);
    });
  }

  static #fromGenerator<P extends SchemeParameters>(
    seal: Seal<P>,
    generator: InstanceType<Seal["module"]["KeyGenerator"]>,
  ): SecretContext<P> {
    return seal.attempt("key generation", () => {
      using publicKey = generator.createPublicKeySerializable();
      const keys = { publicKey: seal.save(publicKey) };
      if (!hasKeySwitching(seal.parameters)) return new SecretContext(seal, generator.secretKey(), keys);
      using relinKeys = generator.createRelinKeysSerializable();
      return new SecretContext(seal, generator.secretKey(), { ...keys, relinKeys: seal.save(relinKeys) });
    });
  }

  /** One line where it is printed; the key is not in it. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `SecretContext { ${formatSchemeParameters(this.parameters)}, secret key held, not shown }`;
  }

  /**
   * What the server needs to compute; nothing in it decrypts.
   *
   * @param rotations that the server will use, each with the highest level it is used at; none if left out
   * @param relinearization false for a server that multiplies no ciphertexts, and so needs no key for it; if left out, there
   *   is one wherever the parameters have key switching
   * @throws InputError if there is no such rotation or level, or no key switching for what is asked
   * @example client.exportEvaluationKeys([{ step: 256, level: 3 }])
   */
  exportEvaluationKeys(
    this: SecretContext,
    rotations?: readonly RotationNeed[],
    options?: { readonly relinearization?: true },
  ): EvaluationKeys & Required<Pick<EvaluationKeys, "relinKeys">>;
  exportEvaluationKeys(
    rotations?: readonly RotationNeed[],
    options?: { readonly relinearization?: boolean },
  ): EvaluationKeys;
  exportEvaluationKeys(
    rotations: readonly RotationNeed[] = [],
    options: { readonly relinearization?: boolean } = {},
  ): EvaluationKeys {
    requireList("exportEvaluationKeys", rotations, "a list of rotations, as { step, level }");
    const parameters: SchemeParameters = this.parameters;
    const { relinearization = hasKeySwitching(parameters) } = requireOptions("exportEvaluationKeys", options);
    if (relinearization) requireKeySwitching("exportEvaluationKeys", parameters);
    const { publicKey, relinKeys } = this.#evaluationKeys;
    const keys = relinearization ? { publicKey, relinKeys } : { publicKey };
    if (rotations.length === 0) return keys;
    using generator = new this.#seal.module.KeyGenerator(this.#seal.context, this.#secretKey);
    const rotationKeys = rotations.map((need): RotationKey => {
      requireRotation(parameters, need);
      return this.#seal.attempt("rotation keys", () => {
        // SEAL takes step 0 for the conjugation.
        const step = need.step === "conjugate" ? 0 : need.step;
        using key = generator.createGaloisKeysSerializableWithSteps(Int32Array.of(step));
        return trimRotationKey(parameters, this.#seal.save(key), need);
      });
    });
    return { ...keys, rotationKeys };
  }

  /** The secret key itself. Whoever holds these bytes reads every image: never send them. */
  exportSecretKey(): Uint8Array {
    return this.#seal.save(this.#secretKey);
  }

  /**
   * Encrypts images under the secret key, ready to travel: seeded, so half the size of a public-key ciphertext.
   *
   * @param batch `[n, …shape]`
   * @throws InputError if there are more or fewer values than the shape holds, one is not finite or too large, or the batch has more images than slots
   */
  encrypt(batch: Tensor, options: EncryptOptions): SerializedTensor {
    return runToEnd(this.encryptSteps(batch, options));
  }

  /** `encrypt` without blocking: gives way to the event loop, can be watched and stopped. */
  async encryptAsync(batch: Tensor, options: EncryptOptions & LongWorkOptions): Promise<SerializedTensor> {
    return finishInTurns(this.encryptSteps(batch, options), options);
  }

  /** `encrypt` step by step, for whoever does more with what comes out. */
  *encryptSteps(batch: Tensor, options: EncryptOptions): Generator<Step, SerializedTensor> {
    requireTensor("encrypt", batch);
    const { packing, slotLayout } = (options ?? {}) as Partial<EncryptOptions> & EncryptOptions;
    const [images, ...shape] = batch.shape;
    const layout: EncryptedLayout = { shape, packing, images, slotLayout };
    requireEncodable(this.parameters, batch, layout);
    const { scheme, slots, scaleBits } = this.parameters;
    const scale = 2 ** scaleBits;
    const total = ciphertextCount(layout);
    const ciphertexts: Uint8Array[] = [];
    using plain = new this.#seal.module.Plaintext();
    for (const values of pack(batch, layout, slots)) {
      const bytes = this.#seal.attempt("encrypt", () => {
        this.#codec.encode(values, scale, plain);
        using ciphertext = this.#encryptor.encryptSymmetricSerializable(plain);
        return this.#seal.save(ciphertext);
      });
      ciphertexts.push(bytes);
      yield { done: ciphertexts.length, total };
    }
    return { ...layout, ciphertexts, ...(scheme === "bfv" ? { scale } : {}) };
  }

  /**
   * Decrypts what a server sent back.
   *
   * @param at where its ciphertexts must stand, where that is known; all of one tensor stand alike
   * @returns `[images, …shape]`
   * @throws InputError if a ciphertext is missing, damaged, of other parameters, or stands elsewhere
   */
  decrypt(tensor: SerializedTensor, at?: LevelAndScale): Tensor {
    using decrypted = new this.#seal.module.Plaintext();
    let expected = at;
    const slotsOf = (index: number): Float64Array =>
      this.#open("decrypt", tensor, index, (ciphertext, found) => {
        expected ??= found;
        requireStanding("decrypt", expected, found, "have the server make it again");
        this.#requireBudget(ciphertext, index);
        return this.#decode(ciphertext, decrypted, found.scale);
      });
    requireDecryptable("decrypt", this.parameters, tensor);
    const images = unpack(slotsOf, tensor);
    requirePossible(this.parameters, images);
    return images;
  }

  /**
   * BFV's invariant noise budget in bits, the least of all ciphertexts: what is left for further operations. At 0 nothing can
   * be decrypted any more.
   *
   * @throws InputError in CKKS, whose noise is part of the values' error, or if a ciphertext is missing or damaged
   * @example client.noiseBudget(server.save(features))
   */
  noiseBudget(tensor: SerializedTensor): number {
    requireDecryptable("noiseBudget", this.parameters, tensor);
    if (this.parameters.scheme !== "bfv") {
      throw new InputError(
        `noiseBudget: CKKS has none, as its noise is part of the values' error; look at level and scale, or use BFV`,
      );
    }
    const budgets = tensor.ciphertexts.map((_, index) =>
      this.#open("noiseBudget", tensor, index, (ciphertext) =>
        this.#decryptor.invariantNoiseBudget(ciphertext),
      ),
    );
    return Math.min(...budgets);
  }

  /** Takes in one ciphertext of a tensor. */
  #open<T>(
    operation: string,
    tensor: SerializedTensor,
    index: number,
    work: (ciphertext: SealCiphertextHandle, at: LevelAndScale) => T,
  ): T {
    return this.#seal.attempt(operation, () => {
      using ciphertext = new this.#seal.module.Ciphertext();
      this.#seal.load(operation, ciphertext, tensor.ciphertexts[index], "ciphertext");
      const isBfv = this.parameters.scheme === "bfv";
      const scale = isBfv ? requireScaleBeside(operation, tensor.scale) : ciphertext.scale();
      return work(ciphertext, { level: this.#seal.levelOf(ciphertext), scale });
    });
  }

  #decode(ciphertext: SealCiphertextHandle, plain: SealPlaintextHandle, scale: number): Float64Array {
    this.#decryptor.decrypt(ciphertext, plain);
    return this.#codec.decode(plain, scale);
  }

  /** @throws DecryptionFailedError if a BFV ciphertext's budget is used up */
  #requireBudget(ciphertext: SealCiphertextHandle, index: number): void {
    if (this.parameters.scheme !== "bfv" || this.#decryptor.invariantNoiseBudget(ciphertext) > 0) return;
    throw new DecryptionFailedError(
      `decrypt: the noise budget of ciphertext ${index} is used up, and what it holds is lost; re-encrypt before, or take a ` +
        `larger polyModulusDegree or a smaller plainModulus`,
    );
  }
}

/** @throws InputError unless it has the form of an encrypted tensor under these parameters */
function requireDecryptable(operation: string, parameters: SchemeParameters, tensor: SerializedTensor): void {
  if (!Array.isArray(tensor?.ciphertexts)) {
    throw new InputError(
      `${operation}: expected an encrypted tensor, as encrypt gives it, got ${String(tensor)}`,
    );
  }
  requireCount(tensor, tensor.ciphertexts.length);
  requirePacking(operation, parameters, tensor.packing);
  requireSlots(tensor, parameters.slots);
}

/** @throws InputError if no ciphertext of these parameters holds such values, but one with a damaged scale */
function requirePossible(parameters: SchemeParameters, { data }: Tensor): void {
  const largest = maxAbs(data);
  // Divided by every prime, a scale of 1 is 1 / modulus, under which a coefficient as large as the modulus is its square.
  if (largest < 2 ** (2 * dataModulusBits(parameters, parameters.levels))) return;
  throw new InputError(
    `decrypt: it decrypts to ${largest}, which no ciphertext of these parameters holds: its scale is damaged` +
      (parameters.scheme === "bfv" ? `, or digits before and behind the point have met` : "") +
      `; have the server make it again`,
  );
}
