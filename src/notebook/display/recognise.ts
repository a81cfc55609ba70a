import { z } from "zod";
import type { SerializedTensor } from "../../he-ml/crypto/encrypted-tensor.js";
import { Evaluator } from "../../he-ml/crypto/evaluator.js";
import { ciphertextCount, packings } from "../../he-ml/crypto/packing.js";
import type { CkksParameters } from "../../he-ml/crypto/parameters.js";
import type { EvaluationKeys } from "../../he-ml/crypto/public-context.js";
import type { RunnableLayer } from "../../he-ml/layers/encoded-layer.js";
import type { LayerTrace } from "../../he-ml/layers/trace.js";
import { layerInWords } from "../../he-ml/model/layer-in-words.js";
import { isLayerKind } from "../../he-ml/model/layers.js";
import { layerShapes, type Layer, type Model } from "../../he-ml/model/model.js";
import { parameterCount } from "../../he-ml/model/parameter-count.js";
import type { EncodedPlan, EncodedStage } from "../../he-ml/program/encode-plan.js";
import type { Explanation } from "../../he-ml/program/explain.js";
import { clientSpecSchema, type ClientSpec } from "../../he-ml/program/client-spec.js";
import type { InferenceReport } from "../../he-ml/service/infer.js";
import type { Plan } from "../../he-ml/planner/plan.js";
import type { ErrorStatistics } from "../../he-ml/tensor/error-statistics.js";
import { sizeOf, type Tensor } from "../../he-ml/tensor/tensor.js";

// Plain values of the library have no class to know them by. A value counts as one only if every field is there
// with a value that makes sense, so that a user's own object is never mistaken for it.

const count = z.int().min(0);
const bytes = z.instanceof(Uint8Array);
const shape = z.array(count);
/** A measured number; JSON writes NaN and infinities as null. */
const measured = z.custom<number | null>((value) => typeof value === "number" || value === null);

/** Which value lies in which slot: thousands of numbers, which are not looked at. */
const slotLayout = z
  .array(z.custom<ArrayLike<number>>((held) => Array.isArray(held) || ArrayBuffer.isView(held)))
  .min(1);

const tensor = z
  .strictObject({ shape, data: z.instanceof(Float64Array) })
  .refine(({ shape, data }) => data.length === sizeOf(shape));

const serializedTensor = z
  .strictObject({
    shape,
    packing: z.enum(packings),
    images: z.int().min(1),
    slotLayout: slotLayout.optional(),
    ciphertexts: z.array(bytes).min(1),
  })
  .refine((tensor) => tensor.ciphertexts.length === ciphertextCount(tensor));

const parameters = z
  .looseObject({
    scheme: z.literal("ckks"),
    polyModulusDegree: z.int(),
    coeffModulusBits: z.array(z.int()),
    scaleBits: z.number(),
    weightScaleBits: z.number(),
    security: z.union([z.literal(128), z.literal("teaching")]),
    slots: z.int(),
    levels: z.int(),
    coeffModulus: z.array(z.bigint()),
  })
  .refine(
    ({ polyModulusDegree, coeffModulusBits, slots, levels, coeffModulus }) =>
      slots * 2 === polyModulusDegree &&
      levels + 1 === coeffModulusBits.length &&
      coeffModulus.length === coeffModulusBits.length,
  );

const rotationStep = z.union([z.int(), z.literal("conjugate")]);
const rotation = z.strictObject({ step: rotationStep, level: count });
const rotationKey = rotation.extend({ bytes });
const evaluationKeys = z.strictObject({
  publicKey: bytes,
  relinKeys: bytes.optional(),
  rotationKeys: z.array(rotationKey).optional(),
});

const errorStatistics = z.strictObject({
  maxAbs: measured,
  mean: measured,
  rms: measured,
  p99: measured,
  argmax: count,
  relativeToMax: measured,
  precisionBits: measured,
});

const state = z.looseObject({ level: count, scaleBits: z.number(), modulusBits: z.number() });

const ops = z.looseObject({
  rotate: count,
  multiplyPlain: count,
  multiply: count,
  square: count,
  relinearize: count,
  rescale: count,
  add: count,
});

const layerTrace = state.extend({
  name: z.string(),
  modelLayers: z.array(count),
  kind: z.string(),
  packing: z.string(),
  images: count,
  shape,
  security: z.union([z.literal(128), z.literal("teaching")]),
  before: state,
  after: state,
  ciphertexts: count,
  bytes: count,
  ops,
  milliseconds: z.number(),
  error: errorStatistics.optional(),
});

/** Whether a layer has all that its kind says of it. */
function canBeShown(value: object): boolean {
  try {
    return layerInWords(value as Layer) !== "" && Number.isInteger(parameterCount(value as Layer));
  } catch {
    return false;
  }
}

const layer = z
  .looseObject({
    kind: z.string().refine(isLayerKind),
    name: z.string(),
    weights: tensor.optional(),
    bias: tensor.optional(),
    coefficients: z.array(z.number()).min(2).optional(),
  })
  .refine(canBeShown);
const reencryption = z.looseObject({ kind: z.literal("reencryption"), name: z.string() });
const model = z.looseObject({ name: z.string(), inputShape: shape, layers: z.array(layer).min(1) });

const plannedStage = z.looseObject({
  name: z.string(),
  kind: z.string(),
  modelLayers: z.array(count),
  inputShape: shape,
  outputShape: shape,
  level: count,
  weightScaleBits: z.number(),
  rescales: count,
  // A map has as many entries as a layer has products: only its lists are looked for.
  transform: z.looseObject({ diagonals: z.custom(Array.isArray), folds: z.custom(Array.isArray) }).optional(),
  input: slotLayout,
  output: slotLayout,
  predictedError: measured,
});
const levelAndScale = z.looseObject({ level: count, scale: z.number() });
const plan = z.looseObject({
  model: z.looseObject({ name: z.string() }),
  parameters,
  inputShape: shape,
  outputShape: shape,
  input: slotLayout,
  continues: z.boolean(),
  start: levelAndScale,
  end: levelAndScale,
  stages: z.array(plannedStage).min(1),
  rotations: z.array(rotation),
});

const explainedStage = z.looseObject({
  name: z.string(),
  kind: z.string(),
  modelLayers: z.array(count),
  shape,
  before: z.looseObject({ level: count, scaleBits: z.number() }),
  level: count,
  scaleBits: z.number(),
  ciphertexts: count,
  slotsUsed: count,
  diagonals: count,
  ops,
  predictedMilliseconds: z.number(),
  predictedError: measured,
});
const explanation = z.looseObject({
  model: z.string(),
  packing: z.enum(packings),
  parameters: z.looseObject({ polyModulusDegree: z.int(), coeffModulusBits: z.array(z.int()) }),
  stages: z.array(explainedStage).min(1),
  totals: z.strictObject({ predictedMilliseconds: z.number(), ops }),
  rotationSteps: z.array(rotationStep),
  bytes: z.strictObject({ input: count, output: count, evaluationKeys: count }),
});

const inferenceReport = z.looseObject({
  model: z.string(),
  packing: z.enum(packings),
  images: count,
  results: z.array(z.looseObject({ predicted: count, plainPredicted: count, maxAbsError: measured })).min(1),
  layers: z.array(layerTrace),
});

export const isTensor = guard<Tensor>(tensor);
export const isSerializedTensor = guard<SerializedTensor>(serializedTensor);
export const isCkksParameters = guard<CkksParameters>(parameters);
export const isEvaluationKeys = guard<EvaluationKeys>(evaluationKeys);
export const isErrorStatistics = guard<ErrorStatistics>(errorStatistics);
export const isLayerTrace = guard<LayerTrace>(layerTrace);
export const isPlan = guard<Plan>(plan);
export const isExplanation = guard<Explanation>(explanation);
export const isInferenceReport = guard<InferenceReport>(inferenceReport);
export const isClientSpec = guard<ClientSpec>(clientSpecSchema);

const looksLikeModel = guard<Model>(model);

/** A model, all of whose layers fit together. */
export function isModel(value: unknown): value is Model {
  if (!looksLikeModel(value)) return false;
  try {
    layerShapes(value);
    return true;
  } catch {
    return false;
  }
}

export function isEncodedLayer(value: unknown): value is RunnableLayer {
  if (typeof value !== "function") return false;
  const { layer: described, evaluator, open, run } = value as Partial<RunnableLayer>;
  return (
    evaluator instanceof Evaluator &&
    typeof open === "function" &&
    typeof run === "function" &&
    (layer.safeParse(described).success || reencryption.safeParse(described).success)
  );
}

export function isEncodedStage(value: unknown): value is EncodedStage {
  if (typeof value !== "function") return false;
  const { stage, evaluator, run } = value as Partial<EncodedStage>;
  return evaluator instanceof Evaluator && typeof run === "function" && plannedStage.safeParse(stage).success;
}

export function isEncodedPlan(value: object): value is EncodedPlan {
  return isPlainObject(value) && Symbol.dispose in value && isListOf(value.stages, isEncodedStage);
}

/** Every element of a list (or of one that can be called) that is not empty; stops at the first that differs. */
export function isListOf<T>(
  value: unknown,
  isElement: (element: unknown) => element is T,
): value is readonly T[] {
  return value instanceof Array && value.length > 0 && value.every(isElement);
}

function guard<T>(schema: z.ZodType): (value: unknown) => value is T {
  return (value): value is T => isPlainObject(value) && schema.safeParse(value).success;
}

/** An object literal, parsed JSON, or one that another realm made; no instance of a class. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
