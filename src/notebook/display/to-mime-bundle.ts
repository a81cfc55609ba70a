import { describeBytes } from "../../he-ml/crypto/byte-format.js";
import { EncryptedTensor } from "../../he-ml/crypto/encrypted-tensor.js";
import { Program } from "../../he-ml/program/program.js";
import { Client } from "../../he-ml/service/client.js";
import { Server } from "../../he-ml/service/server.js";
import { Session } from "../../he-ml/service/session.js";
import { contextGrid, evaluationKeysGrid, isContext, parametersGrid } from "./crypto-grids.js";
import type { Grid } from "./grid.js";
import { htmlTable } from "./html-table.js";
import { encodedLayerGrid, encodedLayersGrid, modelGrid } from "./layer-grids.js";
import { displayOf, isMimeBundle, type MimeBundle } from "./mime.js";
import { clientSpecGrid, encodedStagesGrid, explanationGrid, planGrid } from "./plan-grids.js";
import {
  isBfvParameters,
  isCkksParameters,
  isClientSpec,
  isEncodedLayer,
  isEncodedPlan,
  isEncodedStage,
  isErrorStatistics,
  isEvaluationKeys,
  isExplanation,
  isInferenceReport,
  isLayerTrace,
  isListOf,
  isModel,
  isPlan,
  isSerializedTensor,
  isTensor,
} from "./recognise.js";
import {
  clientGrid,
  inferenceGrid,
  messageGrid,
  programGrid,
  serverGrid,
  sessionGrid,
} from "./service-grids.js";
import {
  encryptedTensorGrid,
  errorStatisticsGrid,
  serializedTensorGrid,
  tensorGrid,
} from "./tensor-grids.js";
import { textTable } from "./text-table.js";
import { traceGrid, tracesGrid } from "./trace-grids.js";

/**
 * How a value of the library displays in a notebook: a small table, as `text/html` and as `text/plain`. A value
 * with a `Symbol.for("Jupyter.display")` method of its own displays as that says.
 *
 * @returns undefined for every other value: let the kernel print it as usual
 * @example toMimeBundle(client)?.["text/plain"]
 */
export function toMimeBundle(value: unknown): MimeBundle | undefined {
  try {
    const own = displayOf(value);
    if (own !== undefined) return isMimeBundle(own) ? own : undefined;
    const grid = gridOf(value);
    return grid && gridBundle(grid);
  } catch {
    // A proxy or a getter that throws where it is looked at: no value of ours.
    return undefined;
  }
}

export function gridBundle(grid: Grid): MimeBundle {
  return { "text/html": htmlTable(grid), "text/plain": textTable(grid) };
}

function gridOf(value: unknown): Grid | undefined {
  if (typeof value === "function") {
    if (isListOf(value, isEncodedLayer)) return encodedLayersGrid(value);
    if (isEncodedLayer(value)) return encodedLayerGrid(value);
    return isEncodedStage(value) ? encodedStagesGrid([value]) : undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  if (Array.isArray(value)) return gridOfList(value);
  if (value instanceof EncryptedTensor) return encryptedTensorGrid(value);
  if (isContext(value)) return contextGrid(value);
  if (value instanceof Program) return programGrid(value);
  if (value instanceof Client) return clientGrid(value);
  if (value instanceof Server) return serverGrid(value);
  if (value instanceof Session) return sessionGrid(value);
  if (value instanceof Uint8Array) {
    const description = describeBytes(value);
    return description && messageGrid(description);
  }
  if (isSerializedTensor(value)) return serializedTensorGrid(value);
  if (isCkksParameters(value) || isBfvParameters(value)) return parametersGrid(value);
  if (isEvaluationKeys(value)) return evaluationKeysGrid(value);
  if (isTensor(value)) return tensorGrid(value);
  if (isErrorStatistics(value)) return errorStatisticsGrid(value);
  if (isLayerTrace(value)) return traceGrid(value);
  if (isModel(value)) return modelGrid(value);
  if (isPlan(value)) return planGrid(value);
  if (isExplanation(value)) return explanationGrid(value);
  if (isInferenceReport(value)) return inferenceGrid(value);
  if (isClientSpec(value)) return clientSpecGrid(value);
  if (isEncodedPlan(value)) return encodedStagesGrid(value.stages);
  return undefined;
}

function gridOfList(values: readonly unknown[]): Grid | undefined {
  if (isListOf(values, isEncodedLayer)) return encodedLayersGrid(values);
  if (isListOf(values, isLayerTrace)) return tracesGrid(values);
  if (isListOf(values, isEncodedStage)) return encodedStagesGrid(values);
  return undefined;
}
