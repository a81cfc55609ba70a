import { checkParameters, formatParameters } from "../../he-ml/crypto/parameters.js";
import type { SlotLayout } from "../../he-ml/crypto/slot-layout.js";
import type { EncodedStage } from "../../he-ml/program/encode-plan.js";
import type { Explanation, StageExplanation } from "../../he-ml/program/explain.js";
import type { ClientSpec } from "../../he-ml/program/client-spec.js";
import type { Plan, PlannedStage } from "../../he-ml/planner/plan.js";
import { transformCosts } from "../../he-ml/planner/matvec/linear-transform.js";
import { formatShape, type Shape } from "../../he-ml/tensor/tensor.js";
import { digestText, rotationsText } from "./crypto-grids.js";
import { factsGrid, recordsGrid, type Column, type Fact, type Grid } from "./grid.js";
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatError,
  formatMilliseconds,
  formatScale,
} from "./numbers.js";
import { fromTo, operationsText } from "./trace-grids.js";

const plannedColumns: readonly Column<PlannedStage>[] = [
  { head: "stage", cell: ({ name }) => name },
  { head: "model layers", cell: ({ modelLayers }) => modelLayers.join(", ") },
  { head: "output shape", cell: ({ outputShape }) => formatShape(outputShape) },
  { head: "level", cell: ({ level, rescales }) => fromTo(String(level), String(level - rescales)) },
  { head: "weights at", cell: weightScaleText },
  {
    head: "diagonals",
    cell: ({ transform }) => String(transform?.diagonals.length ?? 0),
    rightAligned: true,
  },
  {
    head: "rotations",
    cell: ({ transform }) => String(transform ? transformCosts(transform).rotations : 0),
    rightAligned: true,
  },
];

export function planGrid({ model, parameters, input, continues, start, stages, rotations }: Plan): Grid {
  const columns: readonly Column<PlannedStage>[] = [
    ...plannedColumns,
    { head: "slots used", cell: ({ output }) => String(slotsUsed(output)), rightAligned: true },
    {
      head: "predicted rms error",
      cell: ({ predictedError }) => formatError(predictedError),
      rightAligned: true,
    },
  ];
  return recordsGrid(
    `Plan of "${model.name}": ${formatCount(stages.length, "stage")}; ${formatParameters(parameters)}; ` +
      `${continues ? `goes on at level ${start.level} and` : "an image at"} ${formatScale(Math.log2(start.scale))} ` +
      `in ${formatCount(input.length, "ciphertext")}; ` +
      formatCount(rotations.length, "rotation key"),
    columns,
    stages,
  );
}

export function encodedStagesGrid(stages: readonly EncodedStage[]): Grid {
  const [{ evaluator }] = stages;
  return recordsGrid(
    `${formatCount(stages.length, "encoded stage")} on ${evaluator.name}: ` +
      `EncryptedTensor → EncryptedTensor each, packing packed`,
    plannedColumns,
    stages.map(({ stage }) => stage),
  );
}

/** A stage without products of its own has no weights. */
function weightScaleText({ transform, weightScaleBits }: PlannedStage): string {
  return transform && transform.divisor === undefined ? formatScale(weightScaleBits) : "";
}

export function explanationGrid(explanation: Explanation): Grid {
  const { model, packing, stages, totals, bytes } = explanation;
  const columns: readonly Column<StageExplanation>[] = [
    { head: packing === "packed" ? "stage" : "layer", cell: ({ name }) => name },
    { head: "output shape", cell: ({ shape }) => formatShape(shape) },
    { head: "level", cell: ({ before, level }) => fromTo(String(before.level), String(level)) },
    {
      head: "scale",
      cell: ({ before, scaleBits }) => fromTo(formatScale(before.scaleBits), formatScale(scaleBits)),
    },
    {
      head: "predicted ms",
      cell: ({ predictedMilliseconds }) => formatMilliseconds(predictedMilliseconds),
      rightAligned: true,
    },
    {
      head: "predicted rms error",
      cell: ({ predictedRmsError }) => formatError(predictedRmsError),
      rightAligned: true,
    },
    {
      head: "predicted max error",
      cell: ({ predictedMaxError }) => formatError(predictedMaxError),
      rightAligned: true,
    },
    { head: "operations", cell: ({ ops }) => operationsText(ops) },
  ];
  return recordsGrid(
    `"${model}" told in advance: packing ${packing}; ${formatDuration(totals.predictedMilliseconds)} predicted; ` +
      `input ${formatBytes(bytes.input)}, evaluation keys ${formatBytes(bytes.evaluationKeys)}, ` +
      `output ${formatBytes(bytes.output)}`,
    columns,
    stages,
  );
}

export function clientSpecGrid(spec: ClientSpec): Grid {
  const { digest, packing, layers, input, rotations, relinearization } = spec;
  const parameters = checkParameters(spec.parameters);
  const lying = (shape: Shape, slotLayout: SlotLayout | undefined): string =>
    formatShape(shape) +
    (slotLayout
      ? ` in ${formatCount(slotLayout.length, "ciphertext")}, ` +
        `${slotsUsed(slotLayout)} of ${slotLayout.length * parameters.slots} slots`
      : "");
  const facts: readonly Fact[] = [
    ["program", digestText(digest), "keys and encrypted tensors bear this digest"],
    ["parameters", formatParameters(parameters), "what to make the keys with"],
    ["packing", packing, "which value goes into which slot"],
    ["model layers", layers.join(", "), "what the server computes"],
    [
      "input",
      lying(spec.inputShape, spec.slotLayout),
      input.program === digest
        ? "what to encrypt, for each image"
        : `what program ${digestText(input.program)} gives out`,
    ],
    ["input scale", formatScale(spec.scaleBits), "what values are multiplied by before they are rounded"],
    ["output", lying(spec.outputShape, spec.outputSlotLayout), "what to read in the answer"],
    [
      "rotation keys",
      rotations.length === 0 ? "none" : String(rotations.length),
      rotations.length === 0 ? "no rotations" : rotationsText(rotations),
    ],
    ["relinearization keys", relinearization ? "needed" : "not needed", "for products of ciphertexts"],
  ];
  return factsGrid("ClientSpec: all that a client needs to know", facts);
}

function slotsUsed(layout: SlotLayout): number {
  let used = 0;
  for (const held of layout) {
    for (let slot = 0; slot < held.length; slot++) if (held[slot] >= 0) used++;
  }
  return used;
}
