import { requireOptions } from "../arguments.js";
import { requireCount, type SerializedTensor } from "../crypto/encrypted-tensor.js";
import { keysToBytes, secretKeyFromBytes, secretKeyToBytes, shortDigest } from "../crypto/key-bytes.js";
import { headroomBits } from "../crypto/noise.js";
import { sameParameters, type CkksParameters } from "../crypto/parameters.js";
import { SecretContext } from "../crypto/secret-context.js";
import { tensorFromBytes, tensorToBytes } from "../crypto/tensor-bytes.js";
import { InputError } from "../errors.js";
import type { PlainTwin } from "../layers/run.js";
import { finishInTurns, runToEnd, type TurnOptions, type Step } from "../long-work.js";
import { requireInputRange } from "../model/input-range.js";
import { requireBatchOf } from "../model/model.js";
import {
  inputTensors,
  outputTensors,
  readClientSpec,
  type ClientSpec,
  type TensorSpec,
} from "../program/client-spec.js";
import { formatShape, maxAbs, requireTensor, reshape, type Tensor } from "../tensor/tensor.js";
import { requireMessage } from "./message.js";

export interface ClientOptions {
  /** `"teaching"` agrees to parameters without security; what a specification asks for is not enough. */
  readonly security?: "teaching";
}

/**
 * Takes part in a program by its client specification: makes keys, encrypts images, decrypts answers. The secret key stays
 * here; only `exportSecretKey` gives it out.
 *
 * @example
 * const client = await Client.create(program.clientSpec);
 * const session = await server.connect(client.evaluationKeys);
 * const { response } = await session.run(client.encrypt(image));
 * const logits = client.decrypt(response);
 */
export class Client {
  #evaluationKeys?: Uint8Array;

  private constructor(
    /** What the client takes part in. */
    readonly spec: ClientSpec,
    private readonly context: SecretContext,
    /** Tells the client's keys from those of others; not secret. */
    readonly key: string,
  ) {}

  /**
   * Makes fresh keys.
   *
   * @param spec a program's `clientSpec`, also as it comes from JSON
   * @throws InputError if a field is missing, unknown or out of range, the parameters are below 128 bits without
   *   `security: "teaching"`, or the digest does not fit the rest
   */
  static async create(spec: unknown, options: ClientOptions = {}): Promise<Client> {
    const { spec: read, parameters } = readClientSpec(spec);
    requireSecurity(parameters, options);
    const key = Array.from(crypto.getRandomValues(new Uint8Array(16)), hexadecimal).join("");
    return new Client(read, await SecretContext.create(parameters), key);
  }

  /**
   * Takes up a secret key that `exportSecretKey` gave out.
   *
   * @throws InputError as `create` does, and if the key is damaged or of other parameters
   */
  static async fromSecretKey(spec: unknown, bytes: Uint8Array, options: ClientOptions = {}): Promise<Client> {
    const { spec: read, parameters } = readClientSpec(spec);
    requireSecurity(parameters, options);
    const file = secretKeyFromBytes(bytes);
    if (!sameParameters(file.parameters, parameters)) {
      throw new InputError(
        `client: the secret key was made under other parameters than the specification's; make another`,
      );
    }
    return new Client(read, await SecretContext.fromSecretKey(parameters, file.secretKey), file.key);
  }

  /**
   * The same client, with the same secret key, in a program that goes on where this one ends.
   *
   * @throws InputError if that program goes on with another one's output, or under other parameters
   * @example
   * const next = client.continuedBy(rest.clientSpec);
   * const logits = next.decrypt((await restSession.run(response)).response);
   */
  continuedBy(spec: unknown): Client {
    const { spec: read, parameters } = readClientSpec(spec);
    if (read.input.program !== this.spec.digest || !sameParameters(parameters, this.parameters)) {
      throw new InputError(
        `client: program ${shortDigest(read.digest)}… does not go on with the output of program ` +
          `${shortDigest(this.spec.digest)}…; compile it with { input: spec.output } of this one`,
      );
    }
    return new Client(read, this.context, this.key);
  }

  /**
   * The same client, with the same secret key, in another part of the same model: what one part left is decrypted, and
   * encrypted afresh for the next.
   *
   * @throws InputError if that program is under other parameters, or goes on with another one's output
   * @example const next = client.inPart(parts[1].clientSpec);
   */
  inPart(spec: unknown): Client {
    const { spec: read, parameters } = readClientSpec(spec);
    if (read.input.program === read.digest && sameParameters(parameters, this.parameters)) {
      return new Client(read, this.context, this.key);
    }
    throw new InputError(
      `client: program ${shortDigest(read.digest)}… does not begin with a fresh encryption under the same parameters; ` +
        `compile the parts together, with compileParts`,
    );
  }

  get parameters(): CkksParameters {
    return this.context.parameters;
  }

  /** What the server needs to compute, as bytes to be sent; nothing in it decrypts. */
  get evaluationKeys(): Uint8Array {
    this.#evaluationKeys ??= keysToBytes(this.parameters, {
      program: this.spec.digest,
      key: this.key,
      keys: this.context.exportEvaluationKeys(this.spec.rotations, this.spec),
    });
    return this.#evaluationKeys;
  }

  /** The secret key, as bytes to be stored. Whoever holds them reads every image: never send them. */
  exportSecretKey(): Uint8Array {
    const { key, parameters } = this;
    return secretKeyToBytes({ key, parameters, secretKey: this.context.exportSecretKey() });
  }

  /**
   * Encrypts images, as bytes to be sent.
   *
   * @param images `[n, …shape]`, or one image without the batch axis
   * @throws InputError if shape or values do not fit, or the program takes in another program's output
   */
  encrypt(images: Tensor): Uint8Array {
    return runToEnd(this.#encryptSteps(images));
  }

  /** `encrypt` without blocking: gives way to the event loop, can be watched and stopped. */
  encryptAsync(images: Tensor, options?: TurnOptions): Promise<Uint8Array> {
    return finishInTurns(this.#encryptSteps(images), options);
  }

  *#encryptSteps(images: Tensor): Generator<Step, Uint8Array> {
    const { digest } = this.spec;
    const input = inputTensors(this.spec);
    if (input.program !== digest) {
      throw new InputError(
        `encrypt: this program goes on with the output of program ${shortDigest(input.program)}…; ` +
          `encrypt for that one, and hand its response on`,
      );
    }
    const batch = asBatch(images, input.shape);
    requireBatchOf(input.shape, batch, "encrypt");
    requireInputRange("encrypt", this.spec.inputRange, batch);
    const { packing, slotLayout } = input;
    const tensor = yield* this.context.encryptSteps(batch, { packing, slotLayout });
    return tensorToBytes(tensor, input, { program: digest, end: "input", key: this.key });
  }

  /**
   * Decrypts what a server sent back.
   *
   * @returns `[n, …shape]`
   * @throws InputError if the bytes are damaged, another program's, another end's or another client's, or its ciphertexts
   *   do not stand where this program's outputs do; or if values are beyond what the modulus has room for, as they are
   *   where some outgrew it on the way
   */
  decrypt(response: Uint8Array): Tensor {
    const output = outputTensors(this.spec);
    const message = tensorFromBytes(response);
    requireMessage("decrypt", message, output, this.key);
    const { packing, shape, slotLayout } = output;
    const { images, ciphertexts } = message;
    const tensor: SerializedTensor = { packing, shape, slotLayout, images, ciphertexts };
    requireCount(tensor, ciphertexts.length);
    const values = this.context.decrypt(tensor, output);
    requireWithinModulus(this.parameters, output, values);
    return values;
  }

  /**
   * For the error of each layer in a run's traces: it decrypts what is inside a program, and so is a local tool, never part
   * of a service.
   *
   * @param images that were encrypted, `[n, …shape]`, or one image without the batch axis
   * @example const { traces } = await session.run(client.encrypt(images), { twin: client.twin(images) });
   */
  twin(images: Tensor): PlainTwin<SerializedTensor> {
    return {
      input: asBatch(images, this.spec.inputShape),
      decrypt: (tensor) => this.context.decrypt(tensor),
    };
  }

  /** One line where it is printed; the key is not in it. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    const { digest, packing } = this.spec;
    return `Client { program ${shortDigest(digest)}…, packing ${packing}, secret key held, not shown }`;
  }
}

/**
 * A value that outgrew the modulus wraps around, in all coefficients and so in all slots: the slots of coefficients that are
 * anywhere in the modulus are about √(N/12) times as large as a value for which there is room, whatever they should be.
 */
function requireWithinModulus(
  parameters: CkksParameters,
  { level, scale }: TensorSpec,
  values: Tensor,
): void {
  const largest = maxAbs(values.data);
  if (largest === 0 || headroomBits(parameters, level, scale, largest) >= 0) return;
  throw new InputError(
    `decrypt: values up to ${largest.toPrecision(3)}, more than there is room for in the modulus: ` +
      `some outgrew it on the way, and what came back is garbage; bring the images to the range that the program was ` +
      `made for, or compile with { samples } or { valueRanges } that hold such values`,
  );
}

function requireSecurity({ security }: CkksParameters, options: ClientOptions): void {
  requireOptions("client", options);
  if (security !== "teaching" || options.security === security) return;
  throw new InputError(
    `client: the specification asks for parameters without security; a server must not talk you into them: ` +
      `refuse it, or agree with { security: "teaching" } where nothing is at stake`,
  );
}

const hexadecimal = (byte: number) => byte.toString(16).padStart(2, "0");

/** Images as a batch: one of the shape itself is a batch of one. @throws InputError unless it is a tensor */
export function asBatch(images: Tensor, shape: readonly number[]): Tensor {
  requireTensor("encrypt", images);
  return formatShape(images.shape) === formatShape(shape) ? reshape(images, [1, ...shape]) : images;
}
