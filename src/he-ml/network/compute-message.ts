import * as z from "zod";
import { checkBfvParameters } from "../crypto/bfv/parameters.js";
import { checkParameters } from "../crypto/parameters.js";
import { publicKeyBytes, relinKeyBytes } from "../crypto/rotation-keys.js";
import { dataPrimes, hasKeySwitching, type SchemeParameters } from "../crypto/scheme-parameters.js";
import { ciphertextHeadBytes, seedBytes, wordBytes } from "../crypto/seal-format.js";
import { InputError } from "../errors.js";
import { finishInTurns, type Step } from "../long-work.js";
import { readParameterSet } from "../parameters-tester/parameter-set.js";
import type { TypeOf } from "../schema.js";
import { base64Length, fromBase64 } from "./nested-base64.js";
import { sessionIdSchema } from "./protocol.js";

// The request of PyCrCNN to `POST /compute`: encrypted values as nested lists, each a SEAL ciphertext in base64. It posts a JSON
// text within JSON, which is taken, too.

const scale = z.number().positive();

export const computeRequestSchema = z.strictObject({
  encryption_parameters: z
    .array(z.record(z.string(), z.unknown()))
    .length(1, { error: "expected one set of parameters: send a request for each" })
    .describe(
      'One set, as `he-ml test-parameters` reads it: `{"m", "p", "sec", "base"}` (BFV), or CKKS in words of SEAL, such as ' +
        '`{"polyModulusDegree", "coeffModulusBits", "scaleBits"}`',
    ),
  net: z.string().min(1).max(200).describe("Name of a model, or one of its other names; in any case"),
  layers: z
    .array(z.int().min(0))
    .min(1)
    .max(10_000)
    .optional()
    .describe("Contiguous and ascending; all if left out"),
  data: z
    .union([z.string(), z.array(z.unknown()).min(1)])
    .describe(
      "`[image][channel][row][column]`, or `[image][feature]`: each a SEAL ciphertext of one value, uncompressed, in base64; or " +
        "one encrypted tensor in HE-ML's byte format, in base64, together with `session`",
    ),
  session: sessionIdSchema
    .optional()
    .describe("Whose keys are used: a session of a program under the same parameters"),
  keys: z
    .strictObject({ publicKey: z.string(), relinKeys: z.string().optional() })
    .optional()
    .describe(
      "Keys for this request alone, in base64, as `SecretContext.exportEvaluationKeys` gives them; ranges with a square need " +
        "`relinKeys`",
    ),
  scale: scale
    .optional()
    .describe("BFV: what values are multiplied by; that of fresh ciphertexts if left out"),
  address: z.unknown().optional().describe("Ignored: it stands in the original's client files"),
  max_threads: z.unknown().optional().describe("Ignored: it stands in the original's client files"),
});
export interface ComputeRequest extends TypeOf<typeof computeRequestSchema> {}

export const computeAnswerSchema = z.object({
  data: z.array(z.unknown()).describe("Ciphertexts in base64, in nested lists"),
  shape: z.array(z.int()).describe("Of those lists"),
  scale: scale.optional().describe("BFV: what values are multiplied by, to be sent along where one goes on"),
});
export interface ComputeAnswer extends TypeOf<typeof computeAnswerSchema> {}

/** The parameters of a request: checked, and as the scheme's check takes them. */
export interface ComputeParameters {
  readonly parameters: SchemeParameters;
  readonly spec: Readonly<Record<string, unknown>>;
}

/** @throws InputError if they are no set, are refused, or want what one request has not: re-encryptions, another packing */
export function computeParameters({
  encryption_parameters: [given],
}: Pick<ComputeRequest, "encryption_parameters">): ComputeParameters {
  const where = "encryption_parameters[0]";
  const { scheme, spec, positions } = readParameterSet(where, given, false);
  if (Object.values(positions).some((list) => (list as readonly number[]).length > 0)) {
    throw new InputError(
      `${where}: expected no re-encryptions within a request; ask for the layers before them, decrypt and encrypt afresh, and ask ` +
        `for those behind`,
    );
  }
  if (given.packing === "packed") {
    throw new InputError(
      `${where}: packing: expected one value a ciphertext, got "packed"; open a session for that`,
    );
  }
  return { parameters: scheme === "bfv" ? checkBfvParameters(spec) : checkParameters(spec), spec };
}

/** Lengths of sound ciphertexts under parameters: fresh and seeded, or of two whole polynomials at some level. */
export function ciphertextLengths(parameters: SchemeParameters): readonly number[] {
  const { levels, polyModulusDegree } = parameters;
  const polynomial = (level: number) => dataPrimes(parameters, level) * polyModulusDegree * wordBytes;
  return [
    ciphertextHeadBytes + polynomial(levels) + seedBytes,
    ...Array.from({ length: levels }, (_, i) => ciphertextHeadBytes + 2 * polynomial(i + 1)),
  ];
}

/**
 * Ciphertexts from base64: all lengths are checked before the first is decoded, in turns with whatever else is to be done.
 *
 * @throws InputError unless all have one length that ciphertexts under the parameters can have
 */
export async function ciphertextsFromBase64(
  texts: readonly string[],
  parameters: SchemeParameters,
): Promise<Uint8Array[]> {
  const length = base64Length(texts[0]);
  requireCiphertextLength("data", length, parameters);
  const odd = texts.findIndex((text) => base64Length(text) !== length);
  if (odd >= 0) {
    throw new InputError(
      `data: expected ciphertexts of ${length} bytes each, as the first one has, got ${base64Length(texts[odd])} at ${odd}; ` +
        `bring all to one level`,
    );
  }
  return finishInTurns(decodeSteps(texts));
}

function* decodeSteps(texts: readonly string[]): Generator<Step, Uint8Array[]> {
  const decoded: Uint8Array[] = [];
  for (const text of texts) {
    decoded.push(fromBase64(`data: ciphertext ${decoded.length}`, text));
    yield { done: decoded.length, total: texts.length };
  }
  return decoded;
}

/** @throws InputError unless ciphertexts under the parameters can have this length */
export function requireCiphertextLength(what: string, length: number, parameters: SchemeParameters): void {
  const lengths = ciphertextLengths(parameters);
  if (lengths.includes(length)) return;
  throw new InputError(
    `${what}: expected ciphertexts of ${lengths.join(" or ")} bytes under these parameters, got one of ${length}; save them ` +
      `uncompressed, as SEAL 4.1 does`,
  );
}

/**
 * Keys from base64: the public one, and behind it those for relinearization, where they came.
 *
 * @throws InputError unless they have exactly the lengths of keys under the parameters
 */
export function keysFromBase64(
  { publicKey, relinKeys }: NonNullable<ComputeRequest["keys"]>,
  parameters: SchemeParameters,
): Uint8Array[] {
  const decoded = [keyFromBase64("keys.publicKey", publicKey, publicKeyBytes(parameters))];
  if (relinKeys === undefined) return decoded;
  if (!hasKeySwitching(parameters)) {
    throw new InputError(
      `keys.relinKeys: parameters with one prime have none; leave them out, or take more primes`,
    );
  }
  return [...decoded, keyFromBase64("keys.relinKeys", relinKeys, relinKeyBytes(parameters))];
}

function keyFromBase64(what: string, text: string, expected: number): Uint8Array {
  const length = base64Length(text);
  if (length === expected) return fromBase64(what, text);
  throw new InputError(
    `${what}: expected ${expected} bytes under these parameters, got ${length}; send them as exportEvaluationKeys gives them`,
  );
}
