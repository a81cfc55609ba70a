import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import * as z from "zod";
import { InputError } from "../errors.js";
import { packBytes, unpackBytes } from "./byte-format.js";
import { checkParameters, parametersSpec, sameParameters, type CkksParameters } from "./parameters.js";
import type { EvaluationKeys } from "./evaluation-keys.js";
import {
  publicKeyBytes,
  relinKeyBytes,
  requireRotation,
  rotationKeyBytes,
  rotationNeedSchema,
  type KeyNeeds,
} from "./rotation-keys.js";
import { digestSchema, keyIdSchema } from "./tensor-bytes.js";

/** Evaluation keys as they travel, and what they say of themselves. */
export interface KeyMessage {
  /** Digest of the program that they were made for. */
  readonly program: string;
  /** Tells this client's keys from those of others. */
  readonly key: string;
  readonly keys: EvaluationKeys;
}

const evaluationShape = {
  program: digestSchema,
  key: keyIdSchema,
  parameters: z.unknown(),
  relinearization: z.boolean(),
  rotations: z.array(rotationNeedSchema),
  checksum: digestSchema,
};

const evaluationKind = "evaluation keys";

/** Lengths of honest keys: public, relinearization, then one for each rotation. */
function sectionLengths(parameters: CkksParameters, { rotations, relinearization }: KeyNeeds): number[] {
  return [
    publicKeyBytes(parameters),
    ...(relinearization ? [relinKeyBytes(parameters)] : []),
    ...rotations.map(({ level }) => rotationKeyBytes(parameters, level)),
  ];
}

/** Evaluation keys in our own byte format. */
export function keysToBytes(parameters: CkksParameters, { program, key, keys }: KeyMessage): Uint8Array {
  const { publicKey, relinKeys, rotationKeys = [] } = keys;
  const sections = [publicKey, ...(relinKeys ? [relinKeys] : []), ...rotationKeys.map(({ bytes }) => bytes)];
  const header = {
    kind: evaluationKind,
    scheme: "ckks",
    program,
    key,
    parameters: parametersSpec(parameters),
    relinearization: relinKeys !== undefined,
    rotations: rotationKeys.map(({ step, level }) => ({ step, level })),
    checksum: checksumOf(sections),
  } as const;
  return packBytes(header, sections);
}

/**
 * Reads what `keysToBytes` wrote; the keys are views of the bytes. Each must have exactly the length that honest ones have.
 *
 * @param program digest of the program that they must be for
 * @param needs the keys that it uses
 * @throws InputError if the bytes are damaged, the keys are another program's, or one is missing
 */
export function keysFromBytes(
  bytes: Uint8Array,
  parameters: CkksParameters,
  program: string,
  needs: KeyNeeds,
): KeyMessage {
  const { header, sections } = unpackBytes(evaluationKind, evaluationKind, bytes, evaluationShape);
  if (header.program !== program) {
    throw new InputError(
      `evaluation keys: they were made for program ${shortDigest(header.program)}, expected ${shortDigest(program)}; ` +
        `make them from this program's client specification`,
    );
  }
  if (!sameParameters(checkParameters(header.parameters), parameters)) {
    throw new InputError(`evaluation keys: they were made under other parameters than the program's`);
  }
  const { relinearization, rotations } = header;
  for (const need of rotations) requireRotation(parameters, need);
  requireNeeds({ relinearization, rotations }, needs);
  const expected = sectionLengths(parameters, { rotations, relinearization });
  if (expected.length !== sections.length || expected.some((length, i) => sections[i].length !== length)) {
    throw new InputError(
      `evaluation keys: their lengths are not those of keys under these parameters; make them again`,
    );
  }
  requireChecksum("evaluation keys", header.checksum, sections);
  const [publicKey, ...others] = sections;
  const relinKeys = relinearization ? others.shift() : undefined;
  const rotationKeys = rotations.map((need, i) => ({ ...need, bytes: others[i] }));
  return { program, key: header.key, keys: { publicKey, relinKeys, rotationKeys } };
}

function requireNeeds(given: KeyNeeds, needs: KeyNeeds): void {
  if (given.relinearization !== needs.relinearization) {
    throw new InputError(
      `evaluation keys: expected ${needs.relinearization ? "relinearization keys" : "no relinearization keys"}, ` +
        `got ${given.relinearization ? "some" : "none"}; make them from the program's client specification`,
    );
  }
  const listed = ({ rotations }: KeyNeeds) => rotations.map(({ step, level }) => `${step} at level ${level}`);
  const [has, wants] = [listed(given), listed(needs)];
  const missing = wants.find((rotation) => !has.includes(rotation));
  const spare = has.find((rotation) => !wants.includes(rotation));
  if (missing !== undefined || spare !== undefined || has.length !== wants.length) {
    throw new InputError(
      `evaluation keys: ` +
        (missing !== undefined
          ? `there is none for the rotation by ${missing}`
          : `they hold ${spare === undefined ? "one twice" : `one for the rotation by ${spare}, which is not used`}`) +
        `; make them from the program's client specification`,
    );
  }
}

const secretKind = "secret key";
const secretShape = { key: keyIdSchema, parameters: z.unknown(), checksum: digestSchema };

/** A secret key as it is stored, never sent. */
export interface SecretKeyFile {
  readonly key: string;
  readonly parameters: CkksParameters;
  /** SEAL's own serialisation. */
  readonly secretKey: Uint8Array;
}

/** A secret key in our own byte format. Whoever holds these bytes reads every image. */
export function secretKeyToBytes({ key, parameters, secretKey }: SecretKeyFile): Uint8Array {
  const sections = [secretKey];
  const header = {
    kind: secretKind,
    scheme: "ckks",
    key,
    parameters: parametersSpec(parameters),
    checksum: checksumOf(sections),
  } as const;
  return packBytes(header, sections);
}

/** @throws InputError if the bytes are no secret key of ours, or a damaged one */
export function secretKeyFromBytes(bytes: Uint8Array): SecretKeyFile {
  const { header, sections } = unpackBytes(secretKind, secretKind, bytes, secretShape);
  if (sections.length !== 1) throw new InputError(`secret key: expected one key, got ${sections.length}`);
  requireChecksum("secret key", header.checksum, sections);
  return { key: header.key, parameters: checkParameters(header.parameters), secretKey: sections[0] };
}

/**
 * SHA-256 of all sections, in hexadecimal: any coefficients make a key that SEAL accepts, so that damage would show in the
 * results alone. It finds accidents; who changes a key on purpose can write the checksum anew.
 */
function checksumOf(sections: readonly Uint8Array[]): string {
  const hash = sha256.create();
  for (const section of sections) hash.update(section);
  return bytesToHex(hash.digest());
}

function requireChecksum(what: string, expected: string, sections: readonly Uint8Array[]): void {
  if (checksumOf(sections) === expected) return;
  throw new InputError(`${what}: its bytes were damaged, as its checksum tells; take a copy that is whole`);
}

/** The first digits of a digest, enough to tell programs apart in a message. */
export const shortDigest = (digest: string) => digest.slice(0, 12);
