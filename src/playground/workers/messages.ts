import type {
  CkksParameters,
  ClientSpec,
  EvaluationKeys,
  EvaluatorKind,
  Explanation,
  LayerTrace,
  ParametersSpec,
  RemoteInference,
  SerializedTensor,
} from "he-ml";
import type { BenchOperation } from "../bench/operations.js";

/** An image of 28 × 28 values from 0 to 1, row by row. */
export type Pixels = readonly number[];

/** Where a model's files are served, and what is to compute it. */
export interface AskedProgram {
  /** Address of the folder that has `model.onnx`, `metrics.json` and `parameters.json`. */
  readonly folder: string;
  readonly evaluator: EvaluatorKind;
}

/** Evaluation keys of the digit's client: they compute, and do not decrypt. */
export interface EvaluationKeysMade {
  readonly kind: "evaluation keys";
  readonly bytes: Uint8Array;
  readonly milliseconds: number;
}

/** An encrypted image, as it travels. */
export interface EncryptedImage {
  readonly kind: "encrypted image";
  readonly bytes: Uint8Array;
  readonly milliseconds: number;
}

/** What an encrypted answer came to. */
export interface DecryptedLogits {
  readonly kind: "decrypted logits";
  readonly logits: readonly number[];
  readonly milliseconds: number;
}

/** All slots of ciphertexts, decrypted: values, for who looks inside or learns at the bench. */
export interface OpenedSlots {
  readonly kind: "decrypted slots";
  /** By ciphertext. */
  readonly slots: readonly Float64Array[];
}

/** What a server on the net made of an encrypted image, and what was sent to it. */
export interface RemoteAnswer {
  readonly kind: "answer of a server";
  readonly logits: readonly number[];
  readonly traces: readonly LayerTrace[];
  readonly milliseconds: RemoteInference["milliseconds"];
  readonly bytes: RemoteInference["bytes"];
  readonly parameters: CkksParameters;
  /** Bodies that the key worker sent, in order. */
  readonly sent: readonly SentBody[];
}

/** A request with a body that left the key worker. */
export interface SentBody {
  readonly method: string;
  readonly url: string;
  readonly length: number;
  /** Its first bytes, and some from its middle on. */
  readonly head: Uint8Array;
  readonly middle: Uint8Array;
}

/** The bench's evaluation keys. */
export interface BenchKeys {
  readonly kind: "evaluation keys of the bench";
  readonly keys: EvaluationKeys;
}

/** Values of the bench, encrypted. */
export interface BenchCiphertext {
  readonly kind: "ciphertext of the bench";
  readonly tensor: SerializedTensor;
}

/**
 * All that leaves the key worker. The secret key is in none of these, and nothing else can be sent: `answerCalls` takes a worker's
 * methods only if what they give is of this type.
 */
export type FromKeys =
  | EvaluationKeysMade
  | EncryptedImage
  | DecryptedLogits
  | OpenedSlots
  | RemoteAnswer
  | BenchKeys
  | BenchCiphertext;

/** What the key worker does. It makes the keys, encrypts and decrypts; the secret key stays in it. */
export interface KeyWork {
  /** Makes keys for a program. */
  join(spec: ClientSpec): Promise<EvaluationKeysMade>;
  encrypt(pixels: Pixels): Promise<EncryptedImage>;
  decrypt(response: Uint8Array): Promise<DecryptedLogits>;
  /** For a look inside: decrypts all slots of what a stage gave. */
  open(ciphertexts: readonly Uint8Array[]): Promise<OpenedSlots>;
  /** The same of an encrypted image as it travels. */
  openRequest(request: Uint8Array): Promise<OpenedSlots>;
  /** Has an image classified by a server at an address, by the model of this name there. */
  classifyOn(url: string, net: string, pixels: Pixels): Promise<RemoteAnswer>;
  benchKeys(parameters: ParametersSpec, rotations: readonly number[]): Promise<BenchKeys>;
  benchEncrypt(values: readonly number[]): Promise<BenchCiphertext>;
  benchOpen(tensors: readonly SerializedTensor[]): Promise<OpenedSlots>;
}

/** A program, ready to compute. */
export interface ProgramReady {
  readonly spec: ClientSpec;
  readonly milliseconds: number;
}

/** What the server's side computed, and what each stage took. */
export interface Computed {
  readonly response: Uint8Array;
  readonly traces: readonly LayerTrace[];
  readonly milliseconds: number;
  /** What computed, and why, in words. */
  readonly evaluator: string;
}

/** What a stage left, encrypted, for a look inside. */
export interface StageCiphertexts {
  readonly name: string;
  readonly ciphertexts: readonly Uint8Array[];
}

/** One step of the bench: where the ciphertext stands, or why it cannot be done. */
export type BenchStep =
  | {
      readonly tensor: SerializedTensor;
      readonly level: number;
      readonly scaleBits: number;
      /** Polynomials in the ciphertext. */
      readonly size: number;
      readonly bytes: number;
      readonly milliseconds: number;
      /** The first numbers of the ciphertext's first polynomial, modulo the first prime: what a server sees. */
      readonly residues: Float64Array;
    }
  | { readonly refused: string };

/** What the evaluation worker does: the server's side. It never has a secret key or an image. */
export interface EvaluationWork {
  compile(asked: AskedProgram): Promise<ProgramReady>;
  /** Encodes the weights; takes as long as making keys does, and runs beside it. */
  start(): Promise<{ readonly milliseconds: number }>;
  connect(keys: Uint8Array): Promise<{ readonly milliseconds: number }>;
  run(request: Uint8Array): Promise<Computed>;
  /** Runs once more, and keeps what each stage left. */
  stages(request: Uint8Array): Promise<readonly StageCiphertexts[]>;
  explain(): Promise<Explanation>;
  /** The program as JSON, for the plain twin. */
  program(): Promise<string>;
  bench(
    parameters: ParametersSpec,
    keys: EvaluationKeys,
    fresh: SerializedTensor,
    operations: readonly BenchOperation[],
  ): Promise<readonly BenchStep[]>;
}

/** What values are in the clear, slot by slot. */
export interface PlainStage {
  readonly name: string;
  /** By ciphertext. */
  readonly slots: readonly Float64Array[];
  /** By ciphertext: whether a slot holds a value of the layer, or only a partial sum that was left over. */
  readonly used: readonly Uint8Array[];
}

/** What is to be said of parameters before they are used. */
export interface CheckedParameters {
  /** Why the library refuses them, and what would do. */
  readonly refused?: string;
  /** Bits of all primes together, the special one included. */
  readonly totalBits: number;
  /** Most of them for 128 bits of security at this degree. */
  readonly allowedBits: number;
  /** Bits of security by the table, the most that they reach; none below 128. */
  readonly security?: number;
}

/** One step of the bench in the clear. */
export type TwinStep =
  | {
      readonly slots: Float64Array;
      /** Predicted standard deviation of a slot's error, in the values' own unit. */
      readonly predictedError: number;
    }
  | { readonly refused: string };

/** An encoded plaintext of the bench. */
export interface BenchEncoding {
  /** What it decodes to. */
  readonly slots: Float64Array;
}

/** What the plain worker does: everything in the clear, as anyone could who has the image. It has no key at all. */
export interface PlainWork {
  logits(folder: string, pixels: Pixels): Promise<readonly number[]>;
  /** Slots of the input and of each stage of a program, by its clear twin. */
  stages(program: string, pixels: Pixels): Promise<readonly PlainStage[]>;
  check(parameters: ParametersSpec): Promise<CheckedParameters>;
  benchEncode(parameters: ParametersSpec, values: readonly number[]): Promise<BenchEncoding>;
  benchTwin(
    parameters: ParametersSpec,
    values: readonly number[],
    operations: readonly BenchOperation[],
  ): Promise<readonly TwinStep[]>;
  /**
   * Coefficients of the polynomial with these values in its first slots, by the toy CKKS.
   *
   * @param scale by which they are multiplied; they are not rounded
   */
  coefficients(slots: Float64Array, scale: number): Promise<readonly number[]>;
}
