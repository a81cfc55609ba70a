import * as z from "zod";
import type { TypeOf } from "../he-ml/schema.js";
import { provenanceSchema } from "./provenance.js";

/** What `NAME.json` holds. */
export const figureFileSchema = provenanceSchema.extend({
  figure: z.string(),
  title: z.string(),
  caption: z.string(),
  /** The command that measures and draws it like this. */
  command: z.string(),
  parameters: z.object({
    quick: z.boolean(),
    seed: z.int().min(1),
    repeats: z.int().min(1),
  }),
  /** When it was done, as ISO 8601 has it. */
  finished: z.iso.datetime(),
  /** Its drawings without the ending: NAME.svg, NAME.png, … */
  drawings: z.array(z.object({ name: z.string(), width: z.enum(["column", "full"]) })).min(1),
  /** The same on any machine. */
  exact: z.unknown(),
  /** What time and the randomness of encryption made of it. */
  measured: z.unknown(),
});

export interface FigureFile extends TypeOf<typeof figureFileSchema> {}

/** The drawing of a telephone's width that lies beside one of the page's width. */
export const narrowFile = (drawing: string) => `${drawing}.narrow.svg`;
