import { isList, isObject, requireArgument, requireList } from "../he-ml/arguments.js";
import { InputError } from "../he-ml/errors.js";
import type { LayerTrace } from "../he-ml/layers/trace.js";
import type { Figure } from "./figure.js";

/** @throws InputError unless it is a list of objects, or of numbers, and not empty */
export function requireSome(operation: string, what: string, list: readonly unknown[]): void {
  const isEntry = (entry: unknown) =>
    isObject(entry) || typeof entry === "number" || typeof entry === "bigint";
  requireList(operation, list, `a list with at least one ${what}`, isEntry);
  if (list.length > 0) return;
  throw new InputError(`${operation}: expected at least one ${what}, got none; give what is to be drawn`);
}

/** @throws InputError unless they are traces, as runs give them */
export function requireTraces(operation: string, traces: unknown): asserts traces is readonly LayerTrace[] {
  const isTrace = (trace: unknown) =>
    isObject(trace) && "name" in trace && "ops" in trace && "before" in trace && "after" in trace;
  requireList(operation, traces, "a list of traces, as a run gives them", isTrace);
}

/** @throws InputError unless it has the form of a figure */
export function requireFigure(operation: string, figure: Figure): void {
  const isFigure = isObject(figure) && Array.isArray(figure.data) && isObject(figure.layout);
  requireArgument(operation, isFigure, "a figure, as errorPerLayer(traces) gives it", figure);
}

/** @throws InputError if one of the values is no finite number */
export function requireFinite(operation: string, what: string, values: readonly unknown[]): void {
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return;
  throw new InputError(
    `${operation}: expected finite numbers as ${what}, got ${String(values[bad])} at index ${bad}; look where it comes from`,
  );
}

/** @throws InputError if the list has not so many elements */
export function requireLength(
  operation: string,
  what: string,
  list: readonly unknown[],
  length: number,
): void {
  requireArgument(operation, isList(list), `a list as ${what}`, list);
  if (list.length === length) return;
  throw new InputError(
    `${operation}: expected ${length} values as ${what}, got ${list.length}; give one for each place`,
  );
}
