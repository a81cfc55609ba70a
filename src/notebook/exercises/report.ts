import { escapeHtml } from "../../viz/html.js";
import type { MimeBundle } from "../display/mime.js";
import { hintOf, type Cost, type Exercise, type Verdict } from "./exercise.js";

/** An exercise is not solved yet. Its message says what is wrong, and a hint. */
export class CheckError extends Error {
  override readonly name = "CheckError";

  constructor(exercise: Exercise, verdict: Verdict) {
    const { number, text } = hintOf(exercise, verdict);
    super(`${exercise.title}: ${verdict.says}\nHint ${number}: ${text}`);
    // The places in it are ours, and tell the student nothing.
    this.stack = `${this.name}: ${this.message}`;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.stack!;
  }
}

/** `passed: …`, and what it took. */
export function passLine({ title, budget }: Exercise, { says, cost }: Verdict): string {
  const counted = cost && budget ? ` (${costText(cost, budget)})` : "";
  return `✓ passed: ${title}: ${says}${counted}`;
}

const costText = (cost: Cost, budget: Cost) =>
  Object.entries(budget)
    .map(([what, most]) => `${what} ${cost[what]} of ${most}`)
    .join(", ");

/**
 * What is wrong, with all hints folded. Where nothing folds, in plain text, as many hints as are due are written out.
 *
 * @param due how many, from 1 to 3
 */
export function failureBundle(exercise: Exercise, { says }: Verdict, due: number): MimeBundle {
  const { title, hints } = exercise;
  const line = `✗ not yet: ${title}: ${says}`;
  const more = hints.length - due;
  const text = [
    line,
    ...hints.slice(0, due).map((hint, i) => `  Hint ${i + 1} of ${hints.length}: ${hint}`),
    ...(more > 0 ? [`  (${more} more: run the check again after another try)`] : []),
  ];
  const html = [
    `<p>${escapeHtml(line)}</p>`,
    ...hints.map(
      (hint, i) =>
        `<details><summary>Hint ${i + 1} of ${hints.length}</summary>${escapeHtml(hint)}</details>`,
    ),
  ];
  return { "text/plain": text.join("\n"), "text/html": html.join("\n") };
}
