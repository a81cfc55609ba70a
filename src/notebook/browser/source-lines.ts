/**
 * Errors of cells, with the cell's own lines. Chromium's stacks begin with the error's name and message, Firefox's have
 * places alone: here both become name, message and places.
 */
import { originalPositionFor, TraceMap } from "@jridgewell/trace-mapping";
import { plainText } from "../display/plain-text.js";

/** The name under which the cell of that count runs, and stands in stacks. */
export const cellFile = (count: number): string => `cell-${count}.ts`;

/** A place in a cell or a script, from 1. */
export interface Place {
  line: number;
  column: number;
}

/**
 * Where a place of the rewritten JavaScript was in the cell, by a source map of version 3 with one source (ECMA-426).
 *
 * @returns undefined where the rewriting put in code of its own.
 */
export function originalPlace(sourceMap: string, { line, column }: Place): Place | undefined {
  const found = originalPositionFor(new TraceMap(sourceMap), { line, column: column - 1 });
  return found.line === null ? undefined : { line: found.line, column: found.column + 1 };
}

/** Of Chromium `at f (cell-3.ts:2:5)` or `at cell-3.ts:2:5`, of Firefox `f@cell-3.ts:2:5`. */
const FRAME =
  /^\s*(?:at\s+(?:(?<chromium>.+?)\s+\()?|(?<firefox>[^@\s]*)@).*?cell-(?<cell>\d+)\.ts:(?<line>\d+):(?<column>\d+)\)?$/;

/** How deep causes of causes, and how many errors of an `AggregateError`, are shown. */
const MAX_DEPTH = 5;
const MAX_ERRORS = 5;

type SourceMapOf = (cell: number) => string | undefined;

/**
 * The lines to show for an error: name and message, then its places in cells, innermost first; then its cause, and the
 * errors that an `AggregateError` holds. The library's own frames are left out.
 *
 * @param sourceMapOf the source map of the cell of that count
 */
export const errorLines = (error: unknown, sourceMapOf: SourceMapOf): string[] =>
  linesOf(error, sourceMapOf, []);

/** @param outer the errors that this one is in, the outermost first */
function linesOf(error: unknown, sourceMapOf: SourceMapOf, outer: readonly unknown[]): string[] {
  if (!(error instanceof Error)) return [`thrown: ${plainText(error)}`];
  const own = [`${error.name}: ${error.message}`, ...placesOf(error.stack ?? "", sourceMapOf)];
  const within = [...outer, error];
  const inner = (intro: string, value: unknown): string[] => {
    if (within.includes(value)) return [];
    if (within.length === MAX_DEPTH) return [`  ${intro}: …`];
    const [first, ...rest] = linesOf(value, sourceMapOf, within);
    return [`${intro}: ${first}`, ...rest].map((line) => `  ${line}`);
  };
  const cause = error.cause === undefined ? [] : inner("cause", error.cause);
  const held: readonly unknown[] = error instanceof AggregateError ? error.errors : [];
  const errors = held.slice(0, MAX_ERRORS).flatMap((value, index) => inner(`error ${index + 1}`, value));
  const left = held.length - MAX_ERRORS;
  return [...own, ...cause, ...errors, ...(left > 0 ? [`  and ${left} more errors`] : [])];
}

function placesOf(stack: string, sourceMapOf: SourceMapOf): string[] {
  return stack.split("\n").flatMap((frame) => {
    const parts = FRAME.exec(frame)?.groups;
    const map = parts && sourceMapOf(Number(parts["cell"]));
    const place = map && originalPlace(map, { line: Number(parts["line"]), column: Number(parts["column"]) });
    if (!place) return [];
    const within = parts["chromium"] ?? parts["firefox"];
    const named = within && !/^(async )?(eval|<anonymous>)?$/.test(within) ? ` in ${within}` : "";
    return [`    cell ${parts["cell"]}, line ${place.line}, column ${place.column}${named}`];
  });
}
