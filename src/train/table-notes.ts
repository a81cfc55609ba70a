import { stat } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { InputError } from "../he-ml/errors.js";
import { readJsonFile } from "../he-ml/node/files/json-file.js";
import { noteFiles } from "../he-ml/formats/model-notes.js";
import { standardised } from "./standardised.js";
import { columnOf, numberAt, type Table } from "./table.js";

const tableNotesSchema = z.object({
  /** The file's name, without its folder. */
  file: z.string(),
  /** The column with what each row is. */
  label: z.string(),
  /** In the order in which the model takes them: what is subtracted from each, and what it is divided by. */
  features: z
    .array(z.object({ name: z.string(), mean: z.number(), deviation: z.number().positive() }))
    .min(1),
});

/** What `metrics.json` says of a table that a model was trained on. */
export type TableNotes = Readonly<z.output<typeof tableNotesSchema>>;

/** What lies beside a model's file, if it was trained on a table. @throws InputError if it cannot be used */
export async function tableNotesIn(folder: string): Promise<TableNotes | undefined> {
  const path = join(folder, noteFiles.metrics);
  if ((await stat(path).catch(() => undefined)) === undefined) return undefined;
  const metrics = z.object({ table: z.unknown().optional() }).safeParse(await readJsonFile("metrics", path));
  if (metrics.data?.table === undefined) return undefined;
  const notes = tableNotesSchema.safeParse(metrics.data.table);
  if (notes.success) return notes.data;
  throw new InputError(`${path}: table: ${notes.error.issues[0].message}; train the model again`);
}

/** Rows of a table as the model takes them: its features found by their names, and standardised. */
export function standardisedFeatures(table: Table, { features }: TableNotes): number[][] {
  const columns = features.map(({ name }) => columnOf(table, name));
  return table.rows.map((_, row) =>
    standardised(
      columns.map((column) => numberAt(table, row, column)),
      features,
    ),
  );
}
