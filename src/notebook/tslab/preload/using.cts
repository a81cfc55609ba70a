import type { TypeScript, SyntaxNode } from "./tslab.cjs";

/** Before a declaration that was `using`, until TypeScript has checked and compiled it. */
const marker = `void "he-ml: using"; `;
const markerInOutput = /void "he-ml: (using|await using)";\s*const\b/g;
const keyword = "const";

/** Where the rewritten text is longer than what was written. */
interface Insertion {
  readonly line: number;
  /** In what was written, from 0. */
  readonly column: number;
  readonly more: number;
}

interface RewrittenCell {
  readonly code: string;
  readonly insertions: readonly Insertion[];
}

interface Declaration {
  /** Where its first word begins, and its last one ends. */
  readonly start: number;
  readonly end: number;
  readonly words: string;
}

/**
 * Where the code declares by `using` or `await using`. To TypeScript 5.0 that is an expression of these words, and an
 * assignment behind it on the same line, which no other code can be.
 */
function declarationsIn(ts: TypeScript, code: string): Declaration[] {
  const source = ts.createSourceFile("cell.ts", code, ts.ScriptTarget.Latest, true);
  const opening = /^(?:await\s+)?using[ \t]+(?=[\p{ID_Start}_$][\p{ID_Continue}$]*\s*[:=](?![=>]))/u;
  const found: Declaration[] = [];
  const visit = (node: SyntaxNode): void => {
    const words = node.getText(source).replace(/\s+/g, " ");
    const start = node.getStart(source);
    const opened = opening.exec(code.slice(start));
    if (ts.isExpressionStatement(node) && opened && /^(await )?using$/.test(words)) {
      found.push({ start, end: start + opened[0].trimEnd().length, words });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function replaced(code: string, found: readonly Declaration[], by: (one: Declaration) => string): string {
  let [text, at] = ["", 0];
  for (const one of found) {
    text += code.slice(at, one.start) + by(one);
    at = one.end;
  }
  return text + code.slice(at);
}

/**
 * Makes `using x = …` and `await using x = …` a `const` with a marker, since tslab's TypeScript 5.0 does not know them;
 * `withUsing` undoes it in what that compiled, which Node runs as it is.
 */
function withoutUsing(ts: TypeScript, code: string): RewrittenCell {
  const found = declarationsIn(ts, code);
  const put = ({ words }: Declaration) => marker.replace("using", words) + keyword;
  const insertions = found.map((one): Insertion => {
    const before = code.slice(0, one.start).split("\n");
    return {
      line: before.length - 1,
      column: before.at(-1)!.length,
      more: put(one).length - (one.end - one.start),
    };
  });
  return { code: replaced(code, found, put), insertions };
}

/** For questions about a cell, whose positions must stay: `const` in their place. */
function withConst(ts: TypeScript, code: string): string {
  return replaced(code, declarationsIn(ts, code), ({ start, end }) => keyword.padEnd(end - start));
}

/** What TypeScript compiled, with the declarations as they were written. */
function withUsing(output: string): string {
  return output.replace(markerInOutput, "$1");
}

/** A column of the rewritten cell, as it is in what was written. */
function columnAsWritten(insertions: readonly Insertion[], line: number, column: number): number {
  let written = column;
  for (const insertion of insertions) {
    if (insertion.line !== line || written <= insertion.column) continue;
    written = Math.max(insertion.column, written - insertion.more);
  }
  return written;
}

export = { withoutUsing, withUsing, withConst, columnAsWritten };
