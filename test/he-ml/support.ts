import { ClearContext } from "../../src/he-ml/crypto/clear-context.js";
import type { Ciphertext } from "../../src/he-ml/crypto/ciphertext.js";
import type { ClearEvaluator } from "../../src/he-ml/crypto/clear-evaluator.js";
import type { EncryptedTensor } from "../../src/he-ml/crypto/encrypted-tensor.js";
import type { Evaluator } from "../../src/he-ml/crypto/evaluator.js";
import type { Packing } from "../../src/he-ml/crypto/packing.js";
import { checkParameters, type CkksParameters } from "../../src/he-ml/crypto/parameters.js";
import { PublicContext, type PublicContextOptions } from "../../src/he-ml/crypto/public-context.js";
import { SecretContext } from "../../src/he-ml/crypto/secret-context.js";
import { sizeOf, tensor, type Shape, type Tensor } from "../../src/he-ml/tensor/tensor.js";

/** Few, large primes and small scales: several products share one rescale. */
export const lazyParameters = checkParameters({
  polyModulusDegree: 1024,
  coeffModulusBits: [50, 60, 48, 60],
  scaleBits: 20,
  weightScaleBits: 16,
  security: "teaching",
});

/** The textbook's chain: one rescale a multiplication. */
export const classicParameters = checkParameters({
  polyModulusDegree: 1024,
  coeffModulusBits: [60, 40, 40, 40, 60],
  scaleBits: 40,
  security: "teaching",
});

/**
 * Errors stay within this many predicted standard deviations. A slot's error is a Gaussian times |s(ζ)|, and the
 * secret key's |s(ζ)| is itself Rayleigh distributed over the slots, so the tail is Laplace's:
 * P(|error| > 25 σ) = exp(−25·√2) ≈ 4·10⁻¹⁶, never in the lifetime of a test suite.
 */
export const sigmas = 25;

/** Client and server in one, to run the same test on SEAL and on its twin. */
export interface Side<E extends Evaluator = Evaluator> {
  readonly evaluator: E;
  encrypt(batch: Tensor, packing: Packing): EncryptedTensor;
  decrypt(encrypted: EncryptedTensor): Tensor;
  /** Every slot of one ciphertext, of any size. */
  slots(ciphertext: Ciphertext): Float64Array;
}

export interface SealSide extends Side {
  readonly client: SecretContext;
  readonly server: PublicContext;
}

export async function openSeal(
  parameters: CkksParameters,
  options: PublicContextOptions = {},
): Promise<SealSide> {
  return openServer(await SecretContext.create(parameters), options);
}

/** A server beside a client that there is already. */
export async function openServer(client: SecretContext, options: PublicContextOptions): Promise<SealSide> {
  const { parameters } = client;
  const server = await PublicContext.load(parameters, client.exportEvaluationKeys(), options);
  const { slots } = parameters;
  return {
    client,
    server,
    evaluator: server.evaluator,
    encrypt: (batch, packing) => server.load(client.encrypt(batch, { packing })),
    decrypt: (encrypted) => client.decrypt(server.save(encrypted)),
    slots: (ciphertext) =>
      client.decrypt({
        shape: [1],
        packing: "batch",
        images: slots,
        ciphertexts: [server.evaluator.save(ciphertext)],
      }).data,
  };
}

export function openClear(parameters: CkksParameters): Side<ClearEvaluator> {
  const context = new ClearContext(parameters);
  return {
    evaluator: context.evaluator,
    encrypt: (batch, packing) => context.encrypt(batch, { packing }),
    decrypt: (encrypted) => context.decrypt(encrypted),
    slots: (ciphertext) => context.evaluator.decrypt(ciphertext),
  };
}

/** Encrypts one vector, a value a slot. */
export function encryptSlots(side: Side, values: ArrayLike<number>): Ciphertext {
  return side.encrypt(tensor([values.length, 1], values), "batch").ciphertexts[0];
}

/** A small deterministic generator of numbers in [0, 1): mulberry32. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Values uniform in [-1, 1). */
export function randomTensor(shape: Shape, seed: number): Tensor {
  const random = seededRandom(seed);
  return tensor(
    shape,
    Array.from({ length: sizeOf(shape) }, () => 2 * random() - 1),
  );
}

/** What a call throws, or undefined. */
export function thrownBy(work: () => unknown): unknown {
  try {
    work();
    return undefined;
  } catch (error) {
    return error;
  }
}

/** As `thrownBy`, for promises. */
export async function rejectedBy(work: () => Promise<unknown>): Promise<unknown> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return error;
  }
}

export function rootMeanSquare(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] ** 2;
  return Math.sqrt(sum / values.length);
}

export function maxAbsDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`lengths differ: ${a.length} and ${b.length}`);
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i] - b[i]);
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}

export function describeError(error: unknown): string {
  return error === undefined ? "nothing refused" : String(error);
}
