import { InputError } from "../errors.js";
import { digestOf } from "../program/digest.js";
import { readParameterSet, type ParameterSet } from "./parameter-set.js";
import { testReportSchema, type TestedSet, type TestReport } from "./test-report.js";

/** What a report must be of to be gone on with. */
const sameFields = ["model_digest", "dataset", "index", "count", "layers", "debug"] as const;

/** A report as it comes from JSON. @throws InputError if it is none */
export function readTestReport(where: string, value: unknown): TestReport {
  const parsed = testReportSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues;
  throw new InputError(
    `${where}: expected the report of a parameter test, but ${path.join(".") || "the whole"}: ${message}; ` +
      `choose another file`,
  );
}

/**
 * The results of an earlier report, in the order of these sets; undefined where a set was not run yet.
 *
 * @throws InputError naming what differs if it is of another network, images or layers, or holds a set that is none of these
 */
export function takenOver(
  earlier: unknown,
  head: Omit<TestReport, "results">,
  sets: readonly ParameterSet[],
): (TestedSet | undefined)[] {
  const where = "test-parameters: the report to go on with";
  const report = readTestReport(where, earlier);
  for (const field of sameFields) {
    if (JSON.stringify(report[field]) === JSON.stringify(head[field])) continue;
    throw new InputError(
      `${where}: its ${field} is ${inShort(report[field])}, this test's ${inShort(head[field])}; ` +
        `choose another file for this test`,
    );
  }
  const left = report.results.map((result, i) => ({
    result,
    key: keyOf(readParameterSet(`${where}: results[${i}].given`, result.given, false)),
  }));
  const taken = sets.map((set) => {
    const key = keyOf(set);
    const found = left.findIndex((entry) => entry.key === key);
    return found < 0 ? undefined : left.splice(found, 1)[0].result;
  });
  if (left.length === 0) return taken;
  throw new InputError(
    `${where}: it has results of ${left.length} sets that this test does not name, the first of them ` +
      `${inShort(left[0].result.given)}; name them again, or choose another file`,
  );
}
/** The same for sets that mean the same, in whatever words. */
const keyOf = ({ scheme, packing, spec, positions }: ParameterSet) =>
  digestOf({ scheme, packing, spec, positions });

function inShort(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
