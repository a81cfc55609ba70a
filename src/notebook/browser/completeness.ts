/** Whether a cell can run as it stands, or wants another line. */
import ts from "typescript";
import type { IsCompleteReply } from "./language-messages.js";

const INDENTATION: ts.EditorSettings = {
  indentSize: 2,
  tabSize: 2,
  convertTabsToSpaces: true,
  indentStyle: ts.IndentStyle.Smart,
};

/**
 * A cell whose syntax is wrong at its end alone is incomplete.
 *
 * @param end where the cell ends in the file; the file has one line more
 */
export function completeness(service: ts.LanguageService, path: string, end: number): IsCompleteReply {
  const errors = service.getSyntacticDiagnostics(path);
  if (errors.length === 0) return { status: "complete" };
  const unfinished = errors.every(({ start }) => start >= end);
  if (!unfinished) return { status: "invalid" };
  const spaces = service.getIndentationAtPosition(path, end + 1, INDENTATION);
  return { status: "incomplete", indent: " ".repeat(spaces) };
}
