import type * as z from "zod";
import { checkBfvParameters, type BfvParameters } from "../../he-ml/crypto/bfv/parameters.js";
import { requireCount, type SerializedTensor } from "../../he-ml/crypto/encrypted-tensor.js";
import { Evaluator } from "../../he-ml/crypto/evaluator.js";
import { evaluatorKindSchema } from "../../he-ml/crypto/evaluator-kind.js";
import { checkParameters, type CkksParameters } from "../../he-ml/crypto/parameters.js";
import { evaluationKeysSchema, type EvaluationKeys } from "../../he-ml/crypto/public-context.js";
import type { RunnableLayer } from "../../he-ml/layers/encoded-layer.js";
import { layerTraceSchema, type LayerTrace } from "../../he-ml/layers/trace.js";
import { layerShapes, type Model } from "../../he-ml/model/model.js";
import { inputRangeSchema } from "../../he-ml/model/input-range.js";
import { planOf, type Plan } from "../../he-ml/planner/plan.js";
import { clientSpecSchema, type ClientSpec } from "../../he-ml/program/client-spec.js";
import type { EncodedPlan, EncodedStage } from "../../he-ml/program/encode-plan.js";
import { explanationSchema, type Explanation } from "../../he-ml/program/explain.js";
import { inferenceReportSchema, type InferenceReport } from "../../he-ml/service/infer.js";
import { errorStatisticsSchema, type ErrorStatistics } from "../../he-ml/tensor/error-statistics.js";
import { requireTensor, type Tensor } from "../../he-ml/tensor/tensor.js";

// Plain values of the library have no class to know them by. What is JSON is known by the schema that its type is made
// of; other values are known if the library itself finds nothing to refuse in them. A user's own object is never mistaken
// for one.

export const isErrorStatistics = guard<ErrorStatistics>(errorStatisticsSchema);
export const isLayerTrace = guard<LayerTrace>(layerTraceSchema);
export const isExplanation = guard<Explanation>(explanationSchema);
export const isInferenceReport = guard<InferenceReport>(inferenceReportSchema);
export const isClientSpec = guard<ClientSpec>(clientSpecSchema);
export const isEvaluationKeys = guard<EvaluationKeys>(evaluationKeysSchema);

export function isTensor(value: unknown): value is Tensor {
  return (
    hasOnly(value, ["shape", "data"]) &&
    isAccepted(() => {
      requireTensor("display", value);
    })
  );
}

export function isSerializedTensor(value: unknown): value is SerializedTensor {
  if (!hasOnly(value, ["shape", "packing", "images", "slotLayout", "ciphertexts", "scale"])) return false;
  const tensor = value as unknown as SerializedTensor;
  return (
    isListOf(tensor.ciphertexts, (bytes) => bytes instanceof Uint8Array) &&
    isAccepted(() => requireCount(tensor, tensor.ciphertexts.length))
  );
}

export function isCkksParameters(value: unknown): value is CkksParameters {
  return isChecked(value, checkParameters);
}

export function isBfvParameters(value: unknown): value is BfvParameters {
  return isChecked(value, checkBfvParameters);
}

/** Whether it has all fields that its check gives. */
function isChecked(value: unknown, check: (value: unknown) => object): boolean {
  return (
    isPlainObject(value) &&
    isAccepted(() => {
      const checked = check(value);
      const differs = Object.entries(checked).some(([name, field]) => String(value[name]) !== String(field));
      if (differs) throw new Error("these parameters were not checked");
    })
  );
}

/** A model, all of whose layers fit together. */
export function isModel(value: unknown): value is Model {
  if (!isPlainObject(value)) return false;
  const { name, layers } = value as Partial<Model>;
  return (
    typeof name === "string" && isListOf(layers, isLayer) && isAccepted(() => layerShapes(value as never))
  );
}

/** A layer's name and kind; whether the rest is there shows when it meets its neighbours. */
const isLayer = (value: unknown): value is Model["layers"][number] =>
  isPlainObject(value) && typeof value.name === "string" && typeof value.kind === "string";

/** A plan, what follows from whose stages stands in it. */
export function isPlan(value: unknown): value is Plan {
  return (
    isPlainObject(value) &&
    isModel(value.model) &&
    evaluatorKindSchema.safeParse(value.evaluator).success &&
    isCkksParameters(value.parameters) &&
    typeof value.continues === "boolean" &&
    typeof value.relativeError === "number" &&
    inputRangeSchema.optional().safeParse(value.inputRange).success &&
    isListOf(value.input, (held) => Array.isArray(held) || ArrayBuffer.isView(held)) &&
    isListOf(value.stages, isPlainObject) &&
    isAccepted(() => {
      const plan = value as unknown as Plan;
      const { inputShape, outputShape, end, rotations } = planOf(plan);
      for (const [name, field] of Object.entries({ inputShape, outputShape, end, rotations })) {
        if (JSON.stringify(value[name]) !== JSON.stringify(field))
          throw new Error(`its ${name} does not follow`);
      }
    })
  );
}

export function isEncodedLayer(value: unknown): value is RunnableLayer {
  if (typeof value !== "function") return false;
  const { layer, evaluator, open, run } = value as Partial<RunnableLayer>;
  return (
    evaluator instanceof Evaluator &&
    typeof open === "function" &&
    typeof run === "function" &&
    isLayer(layer)
  );
}

export function isEncodedStage(value: unknown): value is EncodedStage {
  if (typeof value !== "function") return false;
  const { stage, evaluator, run } = value as Partial<EncodedStage>;
  return evaluator instanceof Evaluator && typeof run === "function" && isPlainObject(stage);
}

export function isEncodedPlan(value: object): value is EncodedPlan {
  return isPlainObject(value) && Symbol.dispose in value && isListOf(value.stages, isEncodedStage);
}

/** Every element of a list (or of one that can be called) that is not empty; stops at the first that differs. */
export function isListOf<T>(
  value: unknown,
  isElement: (element: unknown) => element is T,
): value is readonly T[];
export function isListOf(
  value: unknown,
  isElement: (element: unknown) => boolean,
): value is readonly unknown[];
export function isListOf(value: unknown, isElement: (element: unknown) => boolean): boolean {
  return value instanceof Array && value.length > 0 && value.every((element) => isElement(element));
}

/** An object literal, parsed JSON, or one that another realm made; no instance of a class. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function guard<T>(schema: z.ZodType): (value: unknown) => value is T {
  return (value): value is T => isPlainObject(value) && schema.safeParse(value).success;
}

const hasOnly = (value: unknown, names: readonly string[]): value is Record<string, unknown> =>
  isPlainObject(value) && Object.keys(value).every((name) => names.includes(name));

function isAccepted(check: () => void): boolean {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}
