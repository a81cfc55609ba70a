import { isList, isObject, requireArgument } from "../../he-ml/arguments.js";
import { InputError } from "../../he-ml/errors.js";
import type { TestedSet, TestReport } from "../../he-ml/parameters-tester/test-report.js";
import { plainText } from "../figure.js";

/** @throws InputError unless it has the form of a parameter tester's report, with at least one set */
export function requireTestReport(operation: string, report: unknown): asserts report is TestReport {
  const expected = "the report of testParameters; give it as it is, or read its file with JSON.parse";
  const { format, results } = (isObject(report) ? report : {}) as Partial<TestReport>;
  const isReport = format === "he-ml parameter test" && isList(results) && results.every(isSet);
  requireArgument(operation, isReport, expected, report);
  if ((report as TestReport).results.length > 0) return;
  throw new InputError(
    `${operation}: expected at least one parameter set in the report, got none; let it run`,
  );
}

const isSet = (set: unknown) =>
  isObject(set) &&
  "status" in set &&
  "layers" in set &&
  isList(set.layers) &&
  "given" in set &&
  isObject(set.given);

/** What sets differ in, as numbers that a figure can have on an axis. */
export const setNumbers = {
  scale_bits: "scale of inputs (bits)",
  weight_scale_bits: "scale of weights (bits)",
  poly_modulus_degree: "degree N",
  plain_modulus: "plain modulus p",
  base: "base of digits",
  integer_digits: "integer digits",
  fraction_digits: "fraction digits",
} as const;

export type SetNumber = keyof typeof setNumbers;

/** A number of a set, also where the set could not be read and only what was given is known. */
export function numberOf({ parameters, given }: TestedSet, name: SetNumber): number | undefined {
  const value: unknown = parameters?.[name] ?? given[name];
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** A set in few words, safe as text: what it has of a scheme, and its scales. */
export function setName({ parameters, given }: TestedSet, leftOut: readonly SetNumber[] = []): string {
  if (!parameters) return plainText(JSON.stringify(given).slice(0, 60));
  const {
    scheme,
    packing,
    poly_modulus_degree: degree,
    coeff_modulus_bits: bits,
    plain_modulus: p,
  } = parameters;
  const { scale_bits: scale, weight_scale_bits: weights, reencrypt_positions: positions } = parameters;
  const chain = bits.length > 1 ? `[${bits.slice(0, -1).join(", ")} | ${bits.at(-1)}]` : `[${bits.join()}]`;
  return plainText(
    [
      `${scheme === "bfv" ? "BFV " : ""}${packing}, N ${degree}`,
      scheme === "bfv" ? `p ${p}` : chain,
      ...(scale === undefined || leftOut.includes("scale_bits") ? [] : [`2^${scale}`]),
      ...(weights === undefined || weights === scale || leftOut.includes("weight_scale_bits")
        ? []
        : [`weights 2^${weights}`]),
      ...(positions.length > 0 ? [`re-encrypted before ${positions.join(", ")}`] : []),
    ].join(", "),
  );
}

/** A reason on lines that fit a hover label. */
export const inLines = (reason: string) => broken(plainText(reason), 60);

/** A name on lines that fit the legend of a telephone. */
export const legendName = (name: string) => broken(name, 36);

/** Broken between words into lines of so many letters, where words allow. */
function broken(text: string, letters: number): string {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > letters) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines.join("<br>");
}
