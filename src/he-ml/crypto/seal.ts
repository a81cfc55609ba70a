import initialize, {
  type CKKSEncoder,
  type Ciphertext,
  type Decryptor,
  type Encryptor,
  type Evaluator,
  type MainModule,
  type ParmsIdType,
  type Plaintext,
  type PublicKey,
  type RelinKeys,
  type SEALContext,
  type SecretKey,
} from "node-seal";
import { InputError } from "../errors.js";
import type { CkksParameters } from "./parameters.js";

export type {
  CKKSEncoder,
  Ciphertext as SealCiphertextHandle,
  Decryptor,
  Encryptor,
  PublicKey,
  RelinKeys,
  SecretKey,
  Evaluator as SealEvaluatorHandle,
  Plaintext as SealPlaintextHandle,
};

/** Emscripten's helpers for C++ exceptions, which node-seal's declarations leave out. */
interface ExceptionHelpers {
  getExceptionMessage(exception: unknown): [type: string, message: string];
}

// Declared in TypeScript's DOM library only, which a Node library does without.
declare const WebAssembly: Readonly<Record<"Exception" | "RuntimeError", new (...args: never[]) => object>>;

/**
 * One instance of SEAL's WASM module under one set of parameters. Every context opens its own: the client's
 * secret key and the server's ciphertexts never share a memory, and dropping a context frees all it held.
 */
export class Seal {
  /** A size in bytes no honest ciphertext of these parameters exceeds: three polynomials at the top level. */
  readonly maxCiphertextBytes: number;

  private constructor(
    readonly module: MainModule,
    readonly context: SEALContext,
    readonly parameters: CkksParameters,
    private readonly parmsIds: readonly ParmsIdType[],
  ) {
    const headers = 1024;
    this.maxCiphertextBytes = 3 * parameters.levels * parameters.polyModulusDegree * 8 + headers;
  }

  /** @throws InputError if SEAL does not accept the parameters */
  static async open(parameters: CkksParameters): Promise<Seal> {
    const module = await initialize();
    return explain(module, "parameters", () => {
      using parms = new module.EncryptionParameters(module.SchemeType.ckks);
      parms.setPolyModulusDegree(parameters.polyModulusDegree);
      using primes = module.CoeffModulus.Create(
        parameters.polyModulusDegree,
        Int32Array.from(parameters.coeffModulusBits),
      );
      parms.setCoeffModulus(primes);
      const { tc128, none } = module.SecLevelType;
      const context = new module.SEALContext(parms, true, parameters.security === 128 ? tc128 : none);
      if (!context.parametersSet()) {
        throw new InputError(
          `parameters: SEAL refuses polyModulusDegree ${parameters.polyModulusDegree} with primes of ` +
            `${parameters.coeffModulusBits.join(", ")} bits`,
        );
      }
      return new Seal(module, context, parameters, parmsIdsByLevel(context, parameters.levels));
    });
  }

  /** SEAL's name for the chain cut to `level` data primes. */
  parmsIdAt(level: number): ParmsIdType {
    return this.parmsIds[level - 1];
  }

  /** The level of a loaded ciphertext, or undefined if it belongs to other parameters (or to keys). */
  levelOf(ciphertext: Ciphertext): number | undefined {
    using parmsId = ciphertext.parmsId();
    const wanted = String(parmsId.values());
    const index = this.parmsIds.findIndex((known) => String(known.values()) === wanted);
    return index < 0 ? undefined : index + 1;
  }

  /** Runs SEAL code and turns its exceptions into InputErrors that name the operation. */
  attempt<T>(operation: string, work: () => T): T {
    return explain(this.module, operation, work);
  }

  /** What would travel: SEAL's own serialisation, uncompressed. */
  save(object: { saveToArray(mode: unknown): Uint8Array }): Uint8Array {
    return object.saveToArray(this.module.ComprModeType.none);
  }
}

function parmsIdsByLevel(context: SEALContext, levels: number): ParmsIdType[] {
  const parmsIds: ParmsIdType[] = [];
  let data = context.firstContextData();
  for (let level = levels; level >= 1; level--) {
    parmsIds[level - 1] = data.parmsId();
    if (level > 1) data = data.nextContextData();
  }
  return parmsIds;
}

function explain<T>(module: MainModule, operation: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof WebAssembly.Exception) {
      const [, message] = (module as unknown as ExceptionHelpers).getExceptionMessage(error);
      if (/bad_alloc|allocat/i.test(message)) throw outOfMemory(operation);
      throw new InputError(`${operation}: refused by SEAL: ${message}`);
    }
    if (error instanceof WebAssembly.RuntimeError || /enlarge memory|out of memory/i.test(String(error))) {
      throw outOfMemory(operation);
    }
    throw error;
  }
}

const outOfMemory = (operation: string) =>
  new InputError(
    `${operation}: WebAssembly's 4 GiB are exhausted; dispose of ciphertexts that are no longer needed, ` +
      `use fewer primes, or run a range of layers at a time`,
  );
