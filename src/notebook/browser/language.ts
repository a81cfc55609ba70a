/**
 * What an editor of cells asks about TypeScript: completions, documentation, whether a cell is complete, and what is
 * wrong with its types. It knows the cells that ran, and runs none.
 */
import type ts from "typescript";
import { CellModules, EDITED } from "./cell-modules.js";
import { codePointsOf, unitsOf } from "./code-points.js";
import { completion } from "./completion.js";
import { completeness } from "./completeness.js";
import { inspection, markdown, plainText } from "./inspection.js";
import type { CellDiagnostic, CompleteReply, InspectReply, IsCompleteReply } from "./language-messages.js";
import { cellService } from "./language-service.js";
import { typeErrors } from "./type-errors.js";

/** Answers about a cell; cursors are counted in code points, as Jupyter's protocol does since 5.2. */
export interface Language {
  /** The names of a cell that ran are known to later questions, and hide equal ones of earlier cells. */
  cellRan(code: string): void;
  complete(code: string, cursor: number): CompleteReply;
  /** @param detail 1 adds how the name is declared */
  inspect(code: string, cursor: number, detail: 0 | 1): InspectReply;
  isComplete(code: string): IsCompleteReply;
  /** Errors of syntax and of types, as tslab checks a cell before it runs it. */
  diagnostics(code: string): CellDiagnostic[];
}

/**
 * @param types paths → texts, as `typesOfCells` collects them
 * @example
 * const language = createLanguage(types);
 * language.cellRan('import { Client } from "he-ml"');
 * language.complete("Client.cr", 9).matches; // ["create"]
 */
export function createLanguage(types: Readonly<Record<string, string>>): Language {
  const cells = new CellModules();
  const { service, edit } = cellService(types, cells);
  /** Lets the service see the cell. */
  const look = (code: string): number => {
    const { text, offset } = cells.edited(code);
    edit(text);
    return offset;
  };
  const subpaths = Object.keys(exportsOf(types));
  const specifiers = (checker: ts.TypeChecker): string[] => [
    ...subpaths.map((subpath) => subpath.replace(/^\./, "he-ml")),
    ...checker
      .getAmbientModules()
      .map(({ name }) => name.slice(1, -1))
      .filter((name) => name.startsWith("node:")),
  ];
  return {
    cellRan: (code) => cells.ran(code),
    complete(code, cursor) {
      const offset = look(code);
      const { matches, span } = completion(service, EDITED, offset + unitsOf(code, cursor), specifiers);
      const start = codePointsOf(code, span.start - offset);
      const end = codePointsOf(code, span.start + span.length - offset);
      return {
        status: "ok",
        matches: matches.map(({ text }) => text),
        cursor_start: start,
        cursor_end: end,
        metadata: {
          _jupyter_types_experimental: matches.map(({ text, kind }) => ({ text, type: kind, start, end })),
        },
      };
    },
    inspect(code, cursor, detail) {
      const offset = look(code);
      const found = inspection(service, EDITED, offset + unitsOf(code, cursor), offset, detail === 1);
      const data: Record<string, string> = found
        ? { "text/plain": plainText(found), "text/markdown": markdown(found) }
        : {};
      return { status: "ok", found: found !== undefined, data, metadata: {} };
    },
    isComplete(code) {
      const offset = look(`${code}\n`);
      return completeness(service, EDITED, offset + code.length);
    },
    diagnostics(code) {
      const offset = look(code);
      return typeErrors(service, EDITED, offset);
    },
  };
}

const exportsOf = (types: Readonly<Record<string, string>>): object =>
  (JSON.parse(types["/node_modules/he-ml/package.json"] ?? "{}") as { exports?: object }).exports ?? {};
