import type { Graded } from "./grade-submission.js";

/** All grades as CSV (RFC 4180): a row for each student and exercise. */
export function gradesCsv(graded: readonly Graded[]): string {
  const rows = graded.flatMap(({ student, verdicts }) =>
    Array.from(verdicts, ([{ id, points }, { passed, says }]) => [
      student,
      id,
      String(passed ? points : 0),
      passed ? "yes" : "no",
      says,
    ]),
  );
  const head = ["student", "exercise", "points", "passed", "says"];
  return [head, ...rows].map((row) => `${row.map(field).join(",")}\r\n`).join("");
}

/** A spreadsheet takes what begins with one of these for a formula, and the texts are the students'. */
const formula = /^[=+\-@\t\r]/;

function field(text: string): string {
  const line = text.replace(/\s+/g, " ");
  const safe = formula.test(text) ? `'${line}` : line;
  return /[",]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
