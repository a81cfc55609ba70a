import * as z from "zod";
import { InputError } from "../errors.js";
import { layerTraceSchema } from "../layers/trace.js";
import type { TaskResult } from "./engine-types.js";
import { packSections, unpackSections } from "./sections.js";

const headSchema = z.strictObject({
  about: z.unknown(),
  traces: z.array(layerTraceSchema),
  evaluateMilliseconds: z.number(),
});

/** A result as it leaves its process, and is stored. */
export function resultToBytes({ sections, ...head }: TaskResult): Uint8Array {
  return packSections(head, sections);
}

/**
 * Reads what `resultToBytes` wrote; the sections are views of the bytes.
 *
 * @throws InputError if it is no result
 */
export function resultFromBytes(bytes: Uint8Array): TaskResult {
  const { head, sections } = unpackSections(bytes);
  const parsed = headSchema.safeParse(head);
  if (!parsed.success) throw new InputError(`result: ${parsed.error.issues[0].message}`);
  return { ...parsed.data, sections };
}
