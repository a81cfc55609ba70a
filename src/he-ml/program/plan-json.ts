import * as z from "zod";
import type { LevelAndScale } from "../crypto/ciphertext.js";
import type { CkksParameters } from "../crypto/parameters.js";
import { requireSlotLayout } from "../crypto/slot-layout.js";
import { InputError } from "../errors.js";
import { requirePlannedStage } from "../planner/prove-stage.js";
import { defaultRelativeError } from "../planner/believed-scales.js";
import { planOf, type Plan, type PlannedStage } from "../planner/plan.js";
import type { LinearTransform } from "../planner/matvec/linear-transform.js";
import { stagesOf } from "../planner/stages/stages.js";
import { sizeOf } from "../tensor/tensor.js";
import type { ProgramBase } from "./program-content.js";
import { doublesSchema, integersSchema, numbersToJson } from "./model-json.js";

const whole = z.int().min(0);
const steps = z.array(z.array(z.int()));

const transformSchema = z.strictObject({
  map: z.strictObject({
    rows: whole,
    columns: whole,
    rowStarts: integersSchema,
    columnOf: integersSchema,
    weights: doublesSchema,
    bias: doublesSchema,
  }),
  inputs: whole,
  outputs: whole,
  poolSums: steps,
  diagonals: z.array(
    z.strictObject({ input: whole, output: whole, baby: z.int(), giant: z.int(), entries: integersSchema }),
  ),
  folds: steps,
  divisor: z.number().positive().optional(),
});

const stageSchema = z.strictObject({
  modelLayers: z.array(whole).min(1),
  level: z.int().min(1),
  weightScaleBits: z.number().min(0).max(60),
  rescalesBefore: whole,
  rescales: whole,
  predictedError: z.number().min(0),
  leftovers: z.tuple([z.number(), z.number()]),
  largestOutput: z.number().min(0),
  transform: transformSchema.optional(),
  output: z.array(integersSchema).min(1),
});

/** A plan as JSON holds it: what cannot be made again of the model alone. */
export const planSchema = z.strictObject({
  start: z.strictObject({ level: z.int().min(1), scale: z.number().positive() }),
  relativeError: z.number().positive().default(defaultRelativeError),
  input: z.array(integersSchema).min(1),
  stages: z.array(stageSchema).min(1),
});

export function planToJson({ start, relativeError, input, stages }: Plan): z.input<typeof planSchema> {
  return { start, relativeError, input: layoutToJson(input), stages: stages.map(stageToJson) };
}

const layoutToJson = (layout: Plan["input"]) => layout.map((held) => numbersToJson(Int32Array.from(held)));

function stageToJson({ transform, output, ...stage }: PlannedStage): z.input<typeof stageSchema> {
  const { modelLayers, level, weightScaleBits, rescalesBefore, rescales } = stage;
  const { predictedError, leftovers, largestOutput } = stage;
  return {
    modelLayers: [...modelLayers],
    ...{ level, weightScaleBits, rescalesBefore, rescales, predictedError, largestOutput },
    leftovers: [...leftovers],
    transform: transform && transformToJson(transform),
    output: layoutToJson(output),
  };
}

function transformToJson(transform: LinearTransform): z.input<typeof transformSchema> {
  const { map, inputs, outputs, poolSums, diagonals, folds, divisor } = transform;
  return {
    map: {
      rows: map.rows,
      columns: map.columns,
      rowStarts: numbersToJson(map.rowStarts),
      columnOf: numbersToJson(map.columnOf),
      weights: numbersToJson(map.weights),
      bias: numbersToJson(map.bias),
    },
    inputs,
    outputs,
    poolSums: poolSums.map((list) => [...list]),
    diagonals: diagonals.map(({ entries, ...diagonal }) => ({
      ...diagonal,
      entries: numbersToJson(entries),
    })),
    folds: folds.map((list) => [...list]),
    divisor,
  };
}

/**
 * A plan from JSON, proved anew: each stage is run once on random numbers, and must give what the model's layers give.
 *
 * @throws InputError naming the stage that does not
 */
export function planFromJson(
  { start, relativeError, input, stages }: z.output<typeof planSchema>,
  { model, evaluator, parameters, layers, input: continued, inputRange }: ProgramBase,
): Plan {
  const splitAfter = stages.map(({ modelLayers }) => modelLayers.at(-1)!);
  const described = stagesOf(model, { layers, splitAfter });
  if (
    described.map(({ modelLayers }) => modelLayers).join(";") !== stages.map((s) => s.modelLayers).join(";")
  ) {
    throw new InputError(
      `program: plan: its stages are not the program's layers ${layers[0]} to ${layers.at(-1)}; compile the model again`,
    );
  }
  const planned = stages.map((stage, i): PlannedStage => {
    const from = i === 0 ? input : stages[i - 1].output;
    requireSlotLayout(from, sizeOf(described[i].inputShape), parameters.slots);
    requireSlotLayout(stage.output, sizeOf(described[i].outputShape), parameters.slots);
    const transform = stage.transform && { ...stage.transform, output: stage.output };
    return { ...described[i], ...stage, transform, input: from };
  });
  for (const stage of planned) requirePlannedStage(stage, parameters.slots);
  requireLevels(planned, parameters, start);
  const continues = continued !== undefined;
  return planOf({
    ...{ model, evaluator, parameters, start, relativeError, input, inputRange, continues },
    stages: planned,
  });
}

function requireLevels(
  stages: readonly PlannedStage[],
  { levels }: CkksParameters,
  start: LevelAndScale,
): void {
  let { level } = start;
  for (const stage of stages) {
    const left = level - stage.rescalesBefore - stage.rescales;
    if (level > levels || stage.level !== level || (left < 1 && stage.activation?.kind !== "polynomial")) {
      throw new InputError(
        `program: plan: stage "${stage.name}" starts at level ${stage.level}, expected ${level} of ${levels}`,
      );
    }
    if (stage.activation?.kind === "polynomial") return;
    level = left;
  }
}
