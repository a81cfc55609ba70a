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

/**
 * Makes `using x = …` and `await using x = …` a `const` with a marker, since tslab's TypeScript 5.0 does not know them;
 * `withUsing` undoes it in what that compiled, which Node runs as it is. To TypeScript 5.0 they are an expression, `using` or
 * `await using`, and an assignment behind it on the same line, which no other code can be.
 */
function withoutUsing(ts: TypeScript, code: string): RewrittenCell {
  const source = ts.createSourceFile("cell.ts", code, ts.ScriptTarget.Latest, true);
  const found: { start: number; end: number; words: string }[] = [];
  const visit = (node: SyntaxNode): void => {
    const words = node.getText(source).replace(/\s+/g, " ");
    const start = node.getStart(source);
    const behind = code
      .slice(start)
      .match(/^(?:await\s+)?using[ \t]+(?=[\p{ID_Start}_$][\p{ID_Continue}$]*\s*[:=](?![=>]))/u);
    if (ts.isExpressionStatement(node) && behind && /^(await )?using$/.test(words)) {
      found.push({ start, end: start + behind[0].trimEnd().length, words });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  let [rewritten, at] = ["", 0];
  const insertions = found.map(({ start, end, words }): Insertion => {
    const put = marker.replace("using", words) + keyword;
    rewritten += code.slice(at, start) + put;
    at = end;
    const before = code.slice(0, start).split("\n");
    return { line: before.length - 1, column: before.at(-1)!.length, more: put.length - (end - start) };
  });
  return { code: rewritten + code.slice(at), insertions };
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

export = { withoutUsing, withUsing, columnAsWritten };
