/**
 * Errors of cells, with the cell's own lines. Chromium's stacks begin with the error's name and message, Firefox's have
 * places alone: here both become name, message and places.
 */

/** The name under which the cell of that count runs, and stands in stacks. */
export const cellFile = (count: number): string => `cell-${count}.ts`;

/** A place in a cell or a script, from 1. */
export interface Place {
  line: number;
  column: number;
}

const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** The numbers of one segment of a source map: base64 digits of five bits each, the lowest first, the sign at the end. */
function segmentNumbers(segment: string): number[] {
  const numbers: number[] = [];
  let value = 0;
  let shift = 0;
  for (const character of segment) {
    const digit = BASE64.indexOf(character);
    value |= (digit & 31) << shift;
    shift += 5;
    if (digit & 32) continue;
    numbers.push(value & 1 ? -(value >> 1) : value >> 1);
    value = shift = 0;
  }
  return numbers;
}

/**
 * Where a place of the rewritten JavaScript was in the cell, by a source map of version 3 with one source (ECMA-426).
 *
 * @returns undefined where the rewriting put in code of its own.
 */
export function originalPlace(sourceMap: string, { line, column }: Place): Place | undefined {
  const lines = (JSON.parse(sourceMap) as { mappings: string }).mappings.split(";");
  let found: Place | undefined;
  let originalLine = 0;
  let originalColumn = 0;
  for (const [index, segments] of lines.slice(0, line).entries()) {
    let generated = 0;
    for (const segment of segments.split(",").filter(Boolean)) {
      const [step = 0, , lineStep, columnStep] = segmentNumbers(segment);
      generated += step;
      if (lineStep === undefined || columnStep === undefined) continue;
      originalLine += lineStep;
      originalColumn += columnStep;
      if (index === line - 1 && generated < column)
        found = { line: originalLine + 1, column: originalColumn + 1 };
    }
  }
  return found;
}

/** Of Chromium `at f (cell-3.ts:2:5)` or `at cell-3.ts:2:5`, of Firefox `f@cell-3.ts:2:5`. */
const FRAME =
  /^\s*(?:at\s+(?:(?<chromium>.+?)\s+\()?|(?<firefox>[^@\s]*)@).*?cell-(?<cell>\d+)\.ts:(?<line>\d+):(?<column>\d+)\)?$/;

/**
 * The lines to show for an error: name and message, then its places in cells, innermost first. The library's own frames
 * are left out.
 *
 * @param sourceMapOf the source map of the cell of that count
 */
export function errorLines(error: unknown, sourceMapOf: (cell: number) => string | undefined): string[] {
  const { name, message, stack } =
    error instanceof Error ? error : { name: "thrown", message: String(error), stack: "" };
  const places = (stack ?? "").split("\n").flatMap((frame) => {
    const parts = FRAME.exec(frame)?.groups;
    const map = parts && sourceMapOf(Number(parts["cell"]));
    const place = map && originalPlace(map, { line: Number(parts["line"]), column: Number(parts["column"]) });
    if (!place) return [];
    const within = parts["chromium"] ?? parts["firefox"];
    const named = within && !/^(async )?(eval|<anonymous>)?$/.test(within) ? ` in ${within}` : "";
    return [`    cell ${parts["cell"]}, line ${place.line}, column ${place.column}${named}`];
  });
  return [`${name}: ${message}`, ...places];
}
