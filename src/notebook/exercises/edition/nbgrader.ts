import * as z from "zod";
import type { Cell } from "../../runner/notebook-file.js";

/**
 * What nbgrader keeps in a cell's metadata, version 3.
 *
 * @see https://nbgrader.readthedocs.io/en/stable/contributor_guide/metadata.html
 */
const nbgraderSchema = z.looseObject({
  grade_id: z.string().regex(/^[\w-]{1,80}$/),
  grade: z.boolean(),
  solution: z.boolean(),
});

const common = { schema_version: 3, cell_type: "code", task: false };

/** The cell where an exercise is solved: the student's. */
export const solutionMetadata = (gradeId: string) => ({
  nbgrader: { ...common, grade_id: gradeId, grade: false, solution: true, locked: false },
});

/** The cell whose outcome is graded: the teacher's. */
export const gradeMetadata = (gradeId: string, points: number) => ({
  nbgrader: { ...common, grade_id: gradeId, grade: true, solution: false, locked: true, points },
});

/** The name under which a cell is solved or graded, and which of the two. */
export interface GradeCell {
  readonly gradeId: string;
  readonly kind: "solution" | "grade";
}

/** @returns undefined for a cell that nbgrader knows nothing of */
export function gradeCellOf({ metadata }: Cell): GradeCell | undefined {
  const parsed = nbgraderSchema.safeParse(metadata.nbgrader);
  if (!parsed.success) return undefined;
  const { grade_id, grade, solution } = parsed.data;
  if (grade === solution) return undefined;
  return { gradeId: grade_id, kind: grade ? "grade" : "solution" };
}
