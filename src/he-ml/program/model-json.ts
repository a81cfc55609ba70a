import { base64ToUint8Array } from "uint8array-extras";
import * as z from "zod";
import { toBase64 } from "../crypto/base64.js";
import { averagePoolLayer } from "../model/average-pool.js";
import { convolutionalLayer } from "../model/convolutional.js";
import { flattenLayer } from "../model/flatten.js";
import { identityLayer } from "../model/identity.js";
import { linearLayer } from "../model/linear.js";
import { defineModel, type Layer, type LayerKind, type Model } from "../model/model.js";
import { paddingLayer } from "../model/padding.js";
import { polynomialLayer } from "../model/polynomial.js";
import { squareLayer } from "../model/square.js";
import { transposedConvolutionalLayer } from "../model/transposed-convolutional.js";
import { unflattenLayer } from "../model/unflatten.js";
import { valueRangeSchema } from "../model/value-range.js";
import { sizeOf, type Tensor } from "../tensor/tensor.js";

/** Numbers as JSON holds them: their bytes, little-endian, in base64. */
export const numbersToJson = (numbers: Float64Array | Int32Array) =>
  toBase64(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength));

const bytes = z.base64().transform(base64ToUint8Array);
export const doublesSchema: z.ZodType<Float64Array, string> = bytes
  .refine(({ length }) => length % 8 === 0, "expected whole doubles")
  .transform((data) => new Float64Array(data.slice().buffer));
export const integersSchema: z.ZodType<Int32Array, string> = bytes
  .refine(({ length }) => length % 4 === 0, "expected whole 32-bit integers")
  .transform((data) => new Int32Array(data.slice().buffer));

const tensorSchema = z
  .strictObject({ shape: z.array(z.int().min(1)), data: doublesSchema })
  .refine(({ shape, data }) => data.length === sizeOf(shape), "expected as many values as the shape has");

const name = z.string();
const whole = z.int().min(0);
const pair = z.tuple([whole, whole]);
const padding = z.strictObject({ top: whole, bottom: whole, left: whole, right: whole });
const sliding = { stride: pair, padding, kernelSize: pair, dilation: pair };
const weighted = { name, weights: tensorSchema, bias: tensorSchema.optional() };

/** For each kind of layer its fields, and how it is made of them. */
const layerSchemas = {
  convolutional: z
    .strictObject({ kind: z.literal("convolutional"), ...weighted, ...sliding, groups: whole })
    .transform(convolutionalLayer),
  transposedConvolutional: z
    .strictObject({
      kind: z.literal("transposedConvolutional"),
      ...weighted,
      ...sliding,
      groups: whole,
      outputPadding: pair,
    })
    .transform(transposedConvolutionalLayer),
  linear: z.strictObject({ kind: z.literal("linear"), ...weighted }).transform(linearLayer),
  square: z.strictObject({ kind: z.literal("square"), name }).transform(squareLayer),
  polynomial: z
    .strictObject({ kind: z.literal("polynomial"), name, coefficients: z.array(z.number()) })
    .transform(polynomialLayer),
  averagePool: z
    .strictObject({
      kind: z.literal("averagePool"),
      name,
      ...sliding,
      dilation: z.tuple([z.literal(1), z.literal(1)]),
      countIncludePad: z.boolean(),
    })
    .transform(averagePoolLayer),
  flatten: z.strictObject({ kind: z.literal("flatten"), name }).transform(flattenLayer),
  unflatten: z
    .strictObject({ kind: z.literal("unflatten"), name, shape: z.array(z.int().min(1)) })
    .transform(unflattenLayer),
  padding: z.strictObject({ kind: z.literal("padding"), name, padding }).transform(paddingLayer),
  identity: z.strictObject({ kind: z.literal("identity"), name }).transform(identityLayer),
} satisfies { readonly [K in LayerKind]: z.ZodType<Extract<Layer, { kind: K }>> };

const { convolutional, ...otherKinds } = layerSchemas;
const layerSchema = z.discriminatedUnion("kind", [convolutional, ...Object.values(otherKinds)]);

export const modelSchema = z
  .strictObject({
    name,
    inputShape: z.array(z.int().min(1)).min(1),
    layers: z.array(layerSchema).min(1),
    classNames: z.array(z.string()).optional(),
    valueRanges: z.array(valueRangeSchema.strict()).optional(),
  })
  .transform((model): Model => defineModel(model));

/** A model as plain JSON, with all that a program needs of it. */
export function modelToJson({ name, inputShape, layers, classNames, valueRanges }: Model) {
  return { name, inputShape, layers: layers.map(layerToJson), classNames, valueRanges };
}

function layerToJson(layer: Layer): object {
  return Object.fromEntries(
    Object.entries(layer).map(([field, value]) => [field, isTensor(value) ? tensorToJson(value) : value]),
  );
}

const isTensor = (value: unknown): value is Tensor =>
  typeof value === "object" && value !== null && "data" in value && value.data instanceof Float64Array;

const tensorToJson = ({ shape, data }: Tensor) => ({ shape, data: numbersToJson(data) });
