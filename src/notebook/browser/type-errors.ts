/** What is wrong with a cell's syntax and types. */
import ts from "typescript";
import type { CellDiagnostic } from "./language-messages.js";

/** Errors by their number that cells may make: assigning to an earlier cell's function, class or import. */
const ALLOWED: readonly number[] = [
  2632, // Cannot assign to '…' because it is an import.
];

/** @param offset where the cell begins in the file, after one line that is not its own */
export function typeErrors(service: ts.LanguageService, path: string, offset: number): CellDiagnostic[] {
  const all = [...service.getSyntacticDiagnostics(path), ...service.getSemanticDiagnostics(path)];
  return all
    .filter(
      ({ category, code, start = 0 }) =>
        category === ts.DiagnosticCategory.Error && start >= offset && !ALLOWED.includes(code),
    )
    .map(({ file, start = 0, messageText }) => {
      const { line, character } = file!.getLineAndCharacterOfPosition(start);
      return { line, column: character + 1, message: ts.flattenDiagnosticMessageText(messageText, "\n") };
    });
}
