import { exercises } from "./all.js";
import { checker } from "./check.js";

export type { Machine } from "./machine.js";
export { CheckError } from "./report.js";

/**
 * Checks the answers of a notebook's exercises.
 *
 * @example
 * import { check } from "he-ml/exercises";
 * await check.multiplyMod(multiply);
 * check.golf()
 */
export const check = checker(exercises);
