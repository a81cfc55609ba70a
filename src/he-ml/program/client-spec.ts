import * as z from "zod";
import { shortDigest } from "../crypto/key-bytes.js";
import { packingSchema } from "../crypto/packing.js";
import {
  checkParameters,
  sameParameters,
  type CkksParameters,
  type ParametersSpec,
} from "../crypto/parameters.js";
import { requireRotation, type KeyNeeds, rotationNeedSchema } from "../crypto/rotation-keys.js";
import { requireSlotLayout, slotOfEachValue, type SlotLayout } from "../crypto/slot-layout.js";
import { digestSchema, programEndSchema } from "../crypto/tensor-bytes.js";
import { InputError } from "../errors.js";
import { inputRangeSchema } from "../model/input-range.js";
import type { TypeOf } from "../schema.js";
import { sizeOf } from "../tensor/tensor.js";
import { digestOf } from "./digest.js";

const shape = z.array(z.int().min(1)).min(1).max(8);
const held = z.custom<ArrayLike<number>>((value) => Array.isArray(value) || ArrayBuffer.isView(value), {
  error: "expected a list of positions",
});
const slotLayout = z.array(held).min(1).optional();
const packing = packingSchema;
const parametersSpec = z.custom<ParametersSpec>((value) => typeof value === "object" && value !== null, {
  error: "expected an object",
});

const tensorSpecSchema = z.strictObject({
  /** Digest of the program that takes them in or gives them out; they bear it. */
  program: digestSchema,
  end: programEndSchema,
  parameters: parametersSpec,
  packing,
  /** Of one image. */
  shape,
  /** Data primes left. */
  level: z.int().min(1),
  /** The factor by which values are multiplied, exactly. */
  scale: z.number().positive(),
  /** Which slot holds which value, in packing `packed`; slots behind the last value are left out. */
  slotLayout,
  /** Position of the model's layer that reads them. */
  nextLayer: z.int().min(0),
  /** Predicted standard deviation of the error in them, in the values' own unit. */
  predictedError: z.number().min(0).optional(),
  /** Least and largest value in any slot, partial sums that are left over included, relative to the largest value. */
  leftovers: z.tuple([z.number(), z.number()]).optional(),
  /** The error that was asked for, relative to the largest value: it holds for who goes on, too. 0.01 if left out. */
  relativeError: z.number().positive().optional(),
});

/** What encrypted tensors are like at one end of a program, as plain JSON. */
export interface TensorSpec extends TypeOf<typeof tensorSpecSchema> {}

const outputSpecSchema = tensorSpecSchema.extend({
  /** SHA-256 of all the rest: a layout or error of another program is found. It is no signature: who forges both is not. */
  checksum: digestSchema,
});

/** What a program's output is like, for a program that goes on with it. */
export interface OutputSpec extends TypeOf<typeof outputSpecSchema> {}

const inputSpecSchema = tensorSpecSchema.pick({ program: true, end: true, level: true, scale: true });

/** What an input's tensors bear, and where they stand. */
export interface InputSpec extends TypeOf<typeof inputSpecSchema> {}

/** The form of a client specification; `readClientSpec` also checks that it holds together. */
export const clientSpecSchema = z.strictObject({
  /** Of everything below but `classNames`, `inputRange`, errors and leftovers: keys and encrypted tensors bear it. */
  digest: digestSchema,
  parameters: parametersSpec,
  packing,
  /** Positions of the model's layers that the server computes. */
  layers: z.array(z.int().min(0)).min(1).max(10_000),
  inputShape: shape,
  /** Values that images may hold: more than twice as large they may outgrow the modulus. Any that fit if left out. */
  inputRange: inputRangeSchema.optional(),
  outputShape: shape,
  /** log2 of the scale at which inputs are encoded. */
  scaleBits: z.number(),
  /** Which slot holds which input, in packing `packed`. */
  slotLayout,
  /** Which slot holds which output: one for each, though there may be copies. */
  outputSlotLayout: slotLayout,
  /** Whose tensors come in, and where they stand: a client's, or those that another program gives out. */
  input: inputSpecSchema,
  /** What comes out, for a program that goes on with it. */
  output: outputSpecSchema,
  /** Rotation keys to make, each for use with at most so many data primes. */
  rotations: z.array(rotationNeedSchema).max(2 ** 15),
  /** Whether the server multiplies ciphertexts, and so needs relinearization keys. */
  relinearization: z.boolean(),
  /** Digest of the levels, scales and layouts between input and output. */
  computation: digestSchema,
  /** What each output stands for, where that is known. */
  classNames: z.array(z.string()).max(100_000).optional(),
});

/**
 * All that a client needs to take part, as plain JSON, and nothing about the weights: how to make keys, how to pack and
 * encrypt, how to read the answer. (That a weight is zero can show in which slots an image is packed into, and in the
 * digests.)
 *
 * @example
 * const client = await Client.create(spec);
 * const { response } = await session.run(client.encrypt(image));
 * const logits = client.decrypt(response);
 */
export interface ClientSpec extends TypeOf<typeof clientSpecSchema> {}

/** A client specification that was checked, with the parameters that its keys are made for. */
export interface CheckedSpec {
  readonly spec: ClientSpec;
  readonly parameters: CkksParameters;
}

/** A specification without its digest: its ends do not know yet what program they belong to. */
export type UnsignedSpec = Omit<ClientSpec, "digest" | "input" | "output"> & {
  /** With a program where that is another one. */
  readonly input: Omit<InputSpec, "program"> & { readonly program?: string };
  readonly output: Omit<TensorSpec, "program">;
};

/** Adds the digest to what it covers, and to the ends that are the program's own. */
export function withDigest(spec: UnsignedSpec): ClientSpec {
  const digest = specDigest(spec);
  const output = { ...spec.output, program: digest };
  return {
    digest,
    ...spec,
    input: { ...spec.input, program: spec.input.program ?? digest },
    output: { ...output, checksum: digestOf(output) },
  };
}

function specDigest({ output, ...spec }: UnsignedSpec): string {
  const uncovered = {
    program: undefined,
    checksum: undefined,
    predictedError: undefined,
    leftovers: undefined,
    relativeError: undefined,
  };
  const covered = { ...output, ...uncovered };
  return digestOf({ ...spec, output: covered, inputRange: undefined, classNames: undefined });
}

/** What the input's tensors are like. */
export function inputTensors(spec: ClientSpec): TensorSpec {
  const { parameters, packing, layers, inputShape, slotLayout, input } = spec;
  return { ...input, parameters, packing, shape: inputShape, slotLayout, nextLayer: layers[0] };
}

/** What the output's tensors are like for who decrypts them. */
export function outputTensors({ output, outputSlotLayout }: ClientSpec): TensorSpec {
  return { ...output, slotLayout: outputSlotLayout };
}

/**
 * Checks a specification that came from elsewhere, before a key is made by it.
 *
 * @throws InputError if a field is missing, unknown or out of range, if the parameters are refused, or if the digest is not
 *   that of the rest
 */
export function readClientSpec(value: unknown): CheckedSpec {
  const spec = parsed("client specification", clientSpecSchema, value);
  const parameters = checkParameters(spec.parameters);
  for (const tensors of [inputTensors(spec), outputTensors(spec), spec.output]) {
    checkTensorSpec(tensors);
    if (
      tensors.packing !== spec.packing ||
      !sameParameters(checkParameters(tensors.parameters), parameters)
    ) {
      throw new InputError(
        `client specification: its ${tensors.end} has another packing or other parameters`,
      );
    }
  }
  spec.layers.forEach((layer, i) => {
    if (layer !== spec.layers[0] + i) {
      throw new InputError(`client specification: layers: expected a range, got [${spec.layers.join(", ")}]`);
    }
  });
  requireNeeds(parameters, spec);
  const { digest, input, output, ...rest } = spec;
  const { program: inputProgram, ...ownInput } = input;
  const expected = specDigest({
    ...rest,
    input: inputProgram === digest ? ownInput : input,
    output,
  });
  if (expected !== digest) {
    throw new InputError(
      `client specification: its digest is ${shortDigest(digest)}…, expected ${shortDigest(expected)}…: ` +
        `something in it was changed; ask the server for it again`,
    );
  }
  requireChecksum("client specification: output", spec.output);
  return { spec, parameters };
}

/**
 * Checks what another program's output is said to be.
 *
 * @throws InputError if a field is missing, unknown or out of range, or if the fields are not all of one program
 */
export function readOutputSpec(value: unknown): OutputSpec {
  const spec = parsed("input", outputSpecSchema, value);
  checkTensorSpec(spec);
  requireChecksum("input", spec);
  return spec;
}

function requireChecksum(what: string, { checksum, ...rest }: OutputSpec): void {
  const expected = digestOf(rest);
  if (expected === checksum) return;
  throw new InputError(
    `${what}: its checksum is ${shortDigest(checksum)}…, expected ${shortDigest(expected)}…: a layout or another field ` +
      `was changed, or is another program's; take the whole clientSpec.output as compile gave it`,
  );
}

function parsed<T>(what: string, schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [{ path, message }] = result.error.issues;
  throw new InputError(
    `${what}: ${path.join(".") || "the whole"}: ${message}; take it as compile or the server gave it`,
  );
}

function checkTensorSpec({
  parameters: spec,
  end,
  packing,
  shape,
  level,
  scale,
  slotLayout,
}: TensorSpec): void {
  const parameters = checkParameters(spec);
  const refuse = (reason: string) => new InputError(`client specification: ${end}: ${reason}`);
  if (level > parameters.levels) throw refuse(`expected a level up to ${parameters.levels}, got ${level}`);
  if (!Number.isFinite(scale)) throw refuse(`expected a finite scale, got ${scale}`);
  if ((packing === "packed") !== (slotLayout !== undefined)) {
    throw refuse(`expected a slot layout in packing packed and in no other, packing is ${packing}`);
  }
  if (!slotLayout) return;
  requireSlotLayout(slotLayout, sizeOf(shape), parameters.slots);
  // A pixel that no weight reads is not sent.
  if (end === "output") slotOfEachValue(slotLayout, sizeOf(shape));
}

function requireNeeds(parameters: CkksParameters, { rotations }: KeyNeeds): void {
  rotations.forEach((need, i) => {
    requireRotation(parameters, need);
    if (rotations.findIndex(({ step }) => step === need.step) !== i) {
      throw new InputError(`client specification: rotations: step ${need.step} is listed twice`);
    }
  });
}

/** A slot layout without the slots behind the last value. */
export function withoutEmptyEnds(layout: SlotLayout): number[][] {
  return layout.map((held) => {
    const values = Array.from(held);
    return values.slice(0, values.findLastIndex((value) => value >= 0) + 1);
  });
}

/** The layout without copies: a client reads each value once. */
export function oneSlotEach(layout: SlotLayout, size: number): number[][] {
  const lean = layout.map((held) => new Array<number>(held.length).fill(-1));
  slotOfEachValue(layout, size).forEach(({ ciphertext, slot }, value) => (lean[ciphertext][slot] = value));
  return withoutEmptyEnds(lean);
}
