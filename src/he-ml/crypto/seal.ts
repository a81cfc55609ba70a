import initialize, {
  type BatchEncoder,
  type CKKSEncoder,
  type Ciphertext,
  type Decryptor,
  type Encryptor,
  type Evaluator,
  type GaloisKeys,
  type MainModule,
  type ParmsIdType,
  type Plaintext,
  type PublicKey,
  type RelinKeys,
  type SEALContext,
  type SecretKey,
} from "node-seal";
import { InputError } from "../errors.js";
import { checkSchemeParameters, type SchemeParameters } from "./scheme-parameters.js";
import { FormatError, SealFormat, type SealKind } from "./seal-format.js";
import { hookInstance, type WasmStack } from "./wasm-stack.js";

export type {
  BatchEncoder,
  CKKSEncoder,
  Ciphertext as SealCiphertextHandle,
  Decryptor,
  Encryptor,
  GaloisKeys,
  PublicKey,
  RelinKeys,
  SecretKey,
  Evaluator as SealEvaluatorHandle,
  Plaintext as SealPlaintextHandle,
};

/** Emscripten's helpers for C++ exceptions, which node-seal's declarations leave out. */
interface ExceptionHelpers {
  getExceptionMessage(exception: unknown): [type: string, message: string];
  decrementExceptionRefcount(exception: unknown): void;
}

// Declared in TypeScript's DOM library only, which the library does without.
declare const WebAssembly: Readonly<Record<"Exception" | "RuntimeError", new (...args: never[]) => object>>;

/**
 * One instance of SEAL's WASM module under one set of parameters. Every context opens its own: the client's
 * secret key and the server's ciphertexts never share a memory, and dropping a context frees all it held.
 */
export class Seal<P extends SchemeParameters = SchemeParameters> {
  readonly #format: SealFormat;

  private constructor(
    readonly module: MainModule,
    readonly context: SEALContext,
    readonly parameters: P,
    private readonly parmsIds: readonly ParmsIdType[],
    private readonly stack: WasmStack,
  ) {
    using ofKeys = context.keyParmsId();
    const byLevel = parmsIds.map((parmsId) => wordsOf(parmsId));
    this.#format = new SealFormat(parameters, { byLevel, ofKeys: wordsOf(ofKeys) });
  }

  /**
   * Every key and every context is made by this, so that no parameters get by unchecked.
   *
   * @throws InputError unless they pass their scheme's check, and SEAL accepts them
   */
  static async open<P extends SchemeParameters>(given: P): Promise<Seal<P>> {
    const parameters = checkSchemeParameters(given);
    const hook = hookInstance();
    const [stack, module] = await Promise.all([hook.stack, initialize(hook.options)]).catch(
      (cause: unknown) => {
        if (cause instanceof InputError) throw cause;
        throw new InputError(
          `SEAL's WebAssembly does not start (${firstLine(cause)}); use Node 22.20 or later, or 24.18 or later, or a ` +
            `browser that knows WebAssembly's final exceptions`,
          { cause },
        );
      },
    );
    return explain(module, stack, "parameters", () => {
      using parms = new module.EncryptionParameters(module.SchemeType[parameters.scheme]);
      parms.setPolyModulusDegree(parameters.polyModulusDegree);
      using primes = module.CoeffModulus.Create(
        parameters.polyModulusDegree,
        Int32Array.from(parameters.coeffModulusBits),
      );
      parms.setCoeffModulus(primes);
      if (parameters.scheme === "bfv") {
        using plainModulus = new module.Modulus(BigInt(parameters.plainModulus));
        parms.setPlainModulus(plainModulus);
      }
      // SEAL knows the standard of 2018 only; the guidelines of 2024 are stricter, and checkParameters has held them.
      const { tc128, tc192, tc256, none } = module.SecLevelType;
      const level = { 128: tc128, 192: tc192, 256: tc256, teaching: none }[parameters.security];
      const context = new module.SEALContext(parms, true, level);
      if (!context.parametersSet()) {
        throw new InputError(
          `parameters: SEAL refuses polyModulusDegree ${parameters.polyModulusDegree} with primes of ` +
            `${parameters.coeffModulusBits.join(", ")} bits`,
        );
      }
      return new Seal(module, context, parameters, parmsIdsByLevel(context, parameters.levels), stack);
    });
  }

  /** SEAL's name for the chain at a level. */
  parmsIdAt(level: number): ParmsIdType {
    return this.parmsIds[level - 1];
  }

  /** As `parmsIdAt`, in four words. */
  wordsOfParmsId(level: number): readonly bigint[] {
    return wordsOf(this.parmsIdAt(level));
  }

  /** The level of a ciphertext that was loaded. */
  levelOf(ciphertext: Ciphertext): number {
    using parmsId = ciphertext.parmsId();
    const wanted = String(wordsOf(parmsId));
    return 1 + this.parmsIds.findIndex((known) => String(wordsOf(known)) === wanted);
  }

  /** Runs SEAL code and turns its exceptions into InputErrors that name the operation. */
  attempt<T>(operation: string, work: () => T): T {
    return explain(this.module, this.stack, operation, work);
  }

  /** What would travel: SEAL's own serialisation, uncompressed. */
  save(object: { saveToArray(mode: unknown): Uint8Array }): Uint8Array {
    return object.saveToArray(this.module.ComprModeType.none);
  }

  /**
   * Takes in what `save` made.
   *
   * @param operation says in messages what is loaded
   * @param kind what the bytes must be; they are held against it before SEAL sees them: a length that lies, or a few
   *   compressed bytes, can cost gigabytes that an instance never gives back
   * @throws InputError unless they are whole, uncompressed, and were made under these parameters
   */
  load(
    operation: string,
    object: { loadFromArray(context: SEALContext, bytes: unknown): void },
    bytes: Uint8Array,
    kind: SealKind,
  ): void {
    if (!(bytes instanceof Uint8Array)) {
      throw new InputError(`${operation}: expected bytes (a Uint8Array), got ${typeof bytes}`);
    }
    const most = this.#format.mostBytes(kind);
    if (bytes.length > most) {
      throw new InputError(
        `${operation}: expected at most ${most} bytes under these parameters, got ${bytes.length}`,
      );
    }
    // SEAL's binding takes a Uint8Array itself and refuses its subclasses, such as Node's Buffer.
    const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    try {
      this.#format.require(kind, plain);
      this.attempt(operation, () => object.loadFromArray(this.context, plain));
    } catch (cause) {
      if (!(cause instanceof SealError || cause instanceof FormatError)) throw cause;
      const { polyModulusDegree, coeffModulus } = this.parameters;
      throw new InputError(
        `${operation}: the bytes are damaged, or were made under other parameters than these ` +
          `(N = ${polyModulusDegree}, ${coeffModulus.length} primes): ${cause.message}; ` +
          `save them again, uncompressed, under the same ones`,
        { cause },
      );
    }
  }
}

const wordsOf = (parmsId: ParmsIdType): readonly bigint[] => Array.from(parmsId.values() as Iterable<bigint>);

const firstLine = (error: unknown) => String(error).split("\n", 1)[0];

/** A refusal in SEAL's own words. */
class SealError extends InputError {}

function parmsIdsByLevel(context: SEALContext, levels: number): ParmsIdType[] {
  const parmsIds: ParmsIdType[] = [];
  let data = context.firstContextData();
  for (let level = levels; level >= 1; level--) {
    parmsIds[level - 1] = data.parmsId();
    if (level > 1) data = data.nextContextData();
  }
  return parmsIds;
}

function explain<T>(module: MainModule, stack: WasmStack, operation: string, work: () => T): T {
  const top = stack.save();
  try {
    return work();
  } catch (error) {
    const explained = explanation(module, operation, error);
    stack.restore(top);
    throw explained;
  }
}

function explanation(module: MainModule, operation: string, error: unknown): unknown {
  if (error instanceof WebAssembly.Exception) {
    const helpers = module as unknown as ExceptionHelpers;
    const [, message] = helpers.getExceptionMessage(error);
    helpers.decrementExceptionRefcount(error);
    if (/bad_alloc|allocat/i.test(message)) return outOfMemory(operation);
    if (/transparent/.test(message)) {
      return new InputError(
        `${operation}: the operands cancel out and leave a transparent ciphertext: anyone can read it; ` +
          `leave the terms out or use encryptZero`,
      );
    }
    return new SealError(`${operation}: refused by SEAL: ${message}`);
  }
  if (error instanceof WebAssembly.RuntimeError || /enlarge memory|out of memory/i.test(String(error))) {
    return outOfMemory(operation);
  }
  return error;
}

const outOfMemory = (operation: string) =>
  new InputError(
    `${operation}: WebAssembly's 4 GiB are exhausted; dispose of ciphertexts that are no longer needed, ` +
      `use fewer primes, or run a range of layers at a time`,
  );
