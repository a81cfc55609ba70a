import { requireList, requireOptions } from "../arguments.js";
import { finishInTurns, runToEnd, type LongWorkOptions, type Step } from "../long-work.js";
import { InputError } from "../errors.js";
import { maxAbs, requireTensor, type Tensor } from "../tensor/tensor.js";
import type { LevelAndScale } from "./ciphertext.js";
import { requireCount, type SerializedTensor } from "./encrypted-tensor.js";
import {
  ciphertextCount,
  pack,
  requireEncodable,
  requireSlots,
  unpack,
  type EncryptedLayout,
  type Packing,
} from "./packing.js";
import { formatParameters, modulusBits, type CkksParameters } from "./parameters.js";
import { requireStanding } from "./preconditions.js";
import type { EvaluationKeys } from "./public-context.js";
import { requireRotation, trimRotationKey, type RotationKey, type RotationNeed } from "./rotation-keys.js";
import { Seal, type CKKSEncoder, type Decryptor, type Encryptor, type SecretKey } from "./seal.js";
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
export class SecretContext {
  readonly parameters: CkksParameters;
  readonly #seal: Seal;
  readonly #secretKey: SecretKey;
  readonly #evaluationKeys: Required<Pick<EvaluationKeys, "publicKey" | "relinKeys">>;
  readonly #encoder: CKKSEncoder;
  readonly #encryptor: Encryptor;
  readonly #decryptor: Decryptor;

  private constructor(
    seal: Seal,
    secretKey: SecretKey,
    evaluationKeys: Required<Pick<EvaluationKeys, "publicKey" | "relinKeys">>,
  ) {
    this.parameters = seal.parameters;
    this.#seal = seal;
    this.#secretKey = secretKey;
    this.#evaluationKeys = evaluationKeys;
    this.#encoder = new seal.module.CKKSEncoder(seal.context);
    using publicKey = new seal.module.PublicKey();
    publicKey.loadFromArray(seal.context, evaluationKeys.publicKey);
    this.#encryptor = new seal.module.Encryptor(seal.context, publicKey, secretKey);
    this.#decryptor = new seal.module.Decryptor(seal.context, secretKey);
  }

  /**
   * Makes fresh keys.
   *
   * @throws InputError unless the parameters pass `checkParameters`, wherever they come from
   * @example const client = await SecretContext.create(checkParameters(spec));
   */
  static async create(parameters: CkksParameters): Promise<SecretContext> {
    const seal = await Seal.open(parameters);
    using generator = new seal.module.KeyGenerator(seal.context);
    return SecretContext.#fromGenerator(seal, generator);
  }

  /**
   * Takes up a secret key saved with `exportSecretKey`; the public keys are made anew.
   *
   * @throws InputError if the bytes are no secret key of these parameters
   */
  static async fromSecretKey(parameters: CkksParameters, bytes: Uint8Array): Promise<SecretContext> {
    const seal = await Seal.open(parameters);
    using secretKey = new seal.module.SecretKey();
    return seal.attempt("secret key", () => {
      seal.load("secret key", secretKey, bytes, "secretKey");
      using generator = new seal.module.KeyGenerator(seal.context, secretKey);
      return SecretContext.#fromGenerator(seal, generator);
    });
  }

  static #fromGenerator(seal: Seal, generator: InstanceType<Seal["module"]["KeyGenerator"]>): SecretContext {
    return seal.attempt("key generation", () => {
      using publicKey = generator.createPublicKeySerializable();
      using relinKeys = generator.createRelinKeysSerializable();
      return new SecretContext(seal, generator.secretKey(), {
        publicKey: seal.save(publicKey),
        relinKeys: seal.save(relinKeys),
      });
    });
  }

  /** One line where it is printed; the key is not in it. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `SecretContext { ${formatParameters(this.parameters)}, secret key held, not shown }`;
  }

  /**
   * What the server needs to compute; nothing in it decrypts.
   *
   * @param rotations that the server will use, each with the highest level it is used at; none if left out
   * @param relinearization false for a server that multiplies no ciphertexts, and so needs no key for it
   * @throws InputError if there is no such rotation or level
   * @example client.exportEvaluationKeys([{ step: 256, level: 3 }])
   */
  exportEvaluationKeys(
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
    const { relinearization = true } = requireOptions("exportEvaluationKeys", options);
    const { publicKey, relinKeys } = this.#evaluationKeys;
    const keys = relinearization ? { publicKey, relinKeys } : { publicKey };
    if (rotations.length === 0) return keys;
    using generator = new this.#seal.module.KeyGenerator(this.#seal.context, this.#secretKey);
    const rotationKeys = rotations.map((need): RotationKey => {
      requireRotation(this.parameters, need);
      return this.#seal.attempt("rotation keys", () => {
        // SEAL takes step 0 for the conjugation.
        const step = need.step === "conjugate" ? 0 : need.step;
        using key = generator.createGaloisKeysSerializableWithSteps(Int32Array.of(step));
        return trimRotationKey(this.parameters, this.#seal.save(key), need);
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
    const { slots, scaleBits } = this.parameters;
    const total = ciphertextCount(layout);
    const ciphertexts: Uint8Array[] = [];
    using plain = new this.#seal.module.Plaintext();
    for (const values of pack(batch, layout, slots)) {
      const bytes = this.#seal.attempt("encrypt", () => {
        this.#encoder.encode(values, 2 ** scaleBits, plain);
        using ciphertext = this.#encryptor.encryptSymmetricSerializable(plain);
        return this.#seal.save(ciphertext);
      });
      ciphertexts.push(bytes);
      yield { done: ciphertexts.length, total };
    }
    return { ...layout, ciphertexts };
  }

  /**
   * Decrypts what a server sent back.
   *
   * @param at where its ciphertexts must stand, where that is known; all of one tensor stand alike
   * @returns `[images, …shape]`
   * @throws InputError if a ciphertext is missing, damaged, of other parameters, or stands elsewhere
   */
  decrypt(tensor: SerializedTensor, at?: LevelAndScale): Tensor {
    if (!Array.isArray(tensor?.ciphertexts)) {
      throw new InputError(
        `decrypt: expected an encrypted tensor, as encrypt gives it, got ${String(tensor)}`,
      );
    }
    requireCount(tensor, tensor.ciphertexts.length);
    requireSlots(tensor, this.parameters.slots);
    const { module } = this.#seal;
    using ciphertext = new module.Ciphertext();
    using plain = new module.Plaintext();
    let expected = at;
    const slotsOf = (index: number): Float64Array =>
      this.#seal.attempt("decrypt", () => {
        this.#seal.load("decrypt", ciphertext, tensor.ciphertexts[index], "ciphertext");
        const found = { level: this.#seal.levelOf(ciphertext), scale: ciphertext.scale() };
        expected ??= found;
        requireStanding("decrypt", expected, found, "have the server make it again");
        this.#decryptor.decrypt(ciphertext, plain);
        return this.#encoder.decodeFloat64(plain) as Float64Array;
      });
    const images = unpack(slotsOf, tensor);
    requirePossible(this.parameters, images);
    return images;
  }
}

/** @throws InputError if no ciphertext of these parameters holds such values, but one with a damaged scale */
function requirePossible(parameters: CkksParameters, { data }: Tensor): void {
  const largest = maxAbs(data);
  // Divided by every prime, a scale of 1 is 1 / modulus, under which a coefficient as large as the modulus is its square.
  if (largest < 2 ** (2 * modulusBits(parameters, parameters.levels))) return;
  throw new InputError(
    `decrypt: it decrypts to ${largest}, which no ciphertext of these parameters holds: its scale is damaged; ` +
      `have the server make it again`,
  );
}
