import type { Notebook } from "../runner/notebook-file.js";
import { parserInto } from "./markdown.js";

/** How much there is to read in a notebook, without what its cells printed. */
export interface AmountToRead {
  /** Of its text; a formula is one. */
  readonly words: number;
  /** That are not empty, of its cells and in its text. */
  readonly codeLines: number;
}

type Token = ReturnType<ReturnType<typeof parserInto>["parse"]>[number];

/** Counts as the page is rendered: what the text's parser takes for code is code. */
export function amountToRead({ cells }: Notebook): AmountToRead {
  const parser = parserInto([]);
  const amount = { words: 0, codeLines: 0 };
  for (const { cell_type: type, source } of cells) {
    if (type === "code") amount.codeLines += linesIn(source);
    if (type !== "markdown") continue;
    for (const token of parser.parse(source, {})) {
      if (token.type === "fence" || token.type === "code_block") amount.codeLines += linesIn(token.content);
      else amount.words += wordsIn(textOf(token));
    }
  }
  return amount;
}

const linesIn = (code: string): number => code.split("\n").filter((line) => line.trim() !== "").length;

/** What holds a letter or a digit, between spaces. */
const wordsIn = (text: string): number =>
  text.split(/\s+/).filter((part) => /[\p{Letter}\p{Number}]/u.test(part)).length;

function textOf({ type, content, children }: Token): string {
  if (type === "inline") return (children ?? []).map(textOf).join("");
  if (type.startsWith("math_")) return "x";
  if (type === "softbreak" || type === "hardbreak") return " ";
  if (type === "html_block") return content.replaceAll(/<[^>]*>/g, " ");
  return type === "text" || type === "code_inline" ? content : "";
}
