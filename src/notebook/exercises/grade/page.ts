import { htmlTable } from "../../display/html-table.js";
import { textTable } from "../../display/text-table.js";
import { renderNotebook } from "../../html/index.js";
import type { Cell, Notebook, Output } from "../../runner/notebook-file.js";
import type { Exercise, Verdict } from "../exercise.js";

const longestOutput = 10_000;
const mostOutputs = 20;

/** A page for one student: what each exercise earned and why, then the notebook as it was run. Nothing in it runs. */
export function gradePage(
  student: string,
  verdicts: ReadonlyMap<Exercise, Verdict>,
  { cells, metadata, ...notebook }: Notebook,
): Promise<string> {
  const grid = {
    caption: `Grades of ${student}`,
    head: ["exercise", "points", "of", "says"],
    rightAligned: [1, 2],
    rows: Array.from(verdicts, ([{ title, points }, { passed, says }]) => [
      title,
      String(passed ? points : 0),
      String(points),
      says,
    ]),
  };
  const data = { "text/html": htmlTable(grid), "text/plain": textTable(grid) };
  const grades: Cell = {
    ...{
      cell_type: "code",
      id: "grades",
      metadata: {},
      source: "// graded by he-ml grade",
      execution_count: null,
    },
    outputs: [{ output_type: "display_data", data, metadata: {} }],
  };
  return renderNotebook(
    { ...notebook, metadata, cells: [grades, ...cells.map(withShortOutputs)] },
    { title: student },
  );
}

function withShortOutputs(cell: Cell): Cell {
  return cell.cell_type === "code"
    ? { ...cell, outputs: cell.outputs.slice(0, mostOutputs).map(shortened) }
    : cell;
}

/** Texts and tables; figures are left out. */
function shortened(output: Output): Output {
  switch (output.output_type) {
    case "stream":
      return { ...output, text: cut(output.text) };
    case "error":
      return { ...output, evalue: cut(output.evalue), traceback: [cut(output.traceback.join("\n"))] };
    default: {
      const { "text/html": html, "text/plain": text } = output.data;
      const isShort = typeof html === "string" && html.length <= longestOutput;
      return { ...output, data: { ...(isShort && { "text/html": html }), "text/plain": cut(String(text)) } };
    }
  }
}

const cut = (text: string) => (text.length > longestOutput ? `${text.slice(0, longestOutput)}…` : text);
