import * as z from "zod";
import { InputError } from "../errors.js";
import type { Network } from "../model/model.js";
import { valueRangeSchema } from "../model/value-range.js";

const metricsSchema = z.object({
  dataset: z.string().optional(),
  classNames: z.array(z.string()).optional(),
  valueRanges: z.array(valueRangeSchema).optional(),
});

/** What lies beside a model's file: `parameters.json` as it is, and of `metrics.json` what it was trained on. */
export type ModelNotes = Pick<Network, "valueRanges" | "classNames" | "dataset" | "parameters">;

/** The files that notes are in. */
export const noteFiles = { metrics: "metrics.json", parameters: "parameters.json" } as const;

/**
 * @param where names `metrics.json` in messages, and what is done with it
 * @param metrics what it holds, undefined where there is none
 * @throws InputError if it cannot be used
 */
export function modelNotes(where: string, metrics: unknown, parameters: unknown): ModelNotes {
  const parsed = metricsSchema.safeParse(metrics ?? {});
  if (!parsed.success) {
    const [{ path, message }] = parsed.error.issues;
    throw new InputError(`${where}: ${path.join(".") || "the whole"}: ${message}; train the model again`);
  }
  const { valueRanges, classNames, dataset } = parsed.data;
  return { valueRanges, classNames, dataset, parameters };
}
