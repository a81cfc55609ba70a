import { expect, test } from "@jest/globals";
import { amountToRead } from "../../src/notebook/html/index.js";
import { minutesToRead, readingRule } from "../../src/site/reading-time.js";
import { code, display, markdown, notebookOf } from "../notebook/html/notebooks.js";

test("words of text and lines of code are counted as the page shows them", () => {
  const notebook = notebookOf([
    markdown(
      "# Two contexts, one *k*ey\n\nA [link](not/a/word.md), `code two` – and $a + b$.\n\n$$c + d$$\n\n" +
        "| a | b |\n|---|---|\n| 1 | 2 |\n\n```ts\nconst x = 1;\n\nconst y = 2;\n```\n\n" +
        "<details><summary>Why so?</summary>\n\nBecause.\n\n</details>",
    ),
    code("const z = 3;\n\n  // A comment", [display({ "text/plain": "what it printed" })]),
    markdown(""),
  ]);
  // 4 + 6 + 1 + 4 + 3
  expect(amountToRead(notebook)).toEqual({ words: 18, codeLines: 4 });
});

test("minutes are rounded up, at the rates that the rule tells", () => {
  const [, words, lines] = /(\d+) a minute .* (\d+) a minute/.exec(readingRule)!.map(Number);
  expect({ words, lines }).toEqual({ words: 238, lines: 30 });
  const text = (count: number) => markdown("word ".repeat(count));
  expect(minutesToRead(notebookOf([text(words)]))).toBe(1);
  expect(minutesToRead(notebookOf([text(words + 1)]))).toBe(2);
  expect(minutesToRead(notebookOf([text(words), code("f();\n".repeat(lines * 3), [])]))).toBe(4);
});
