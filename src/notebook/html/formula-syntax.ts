import katexPlugin from "@vscode/markdown-it-katex";
import katex from "katex";
import type MarkdownIt from "markdown-it";

/** Teaches a parser where formulas begin and end, as Jupyter and VS Code read them. */
export function readFormulas(parser: InstanceType<typeof MarkdownIt>): void {
  const { ruler } = parser.block;
  const others = new Set(ruler.getRules(""));
  parser.use(katexPlugin.default, {
    katex,
    enableBareBlocks: true,
    enableMathBlockInHtml: true,
    enableMathInlineInHtml: true,
  });
  const blockFormula = ruler.getRules("").find((rule) => !others.has(rule))!;
  // Of a line that goes on after `$$…$$` the plugin would read all that follows, to the next `$$`, as TeX.
  ruler.at(
    "math_block",
    (state, start, end, silent) => {
      const line = state.src.slice(state.bMarks[start] + state.tShift[start], state.eMarks[start]);
      return !/^\$\$[^$]+\$\$./.test(line) && blockFormula(state, start, end, silent);
    },
    { alt: ["paragraph", "reference", "blockquote", "list"] },
  );
}
