import { describe, expect, test } from "@jest/globals";
import { code, display, markdown, pixel } from "./notebooks.js";
import { openPage } from "./page.js";

async function openMarkdown(source: string, more = {}): Promise<HTMLElement> {
  const { document } = await openPage([markdown(source, more)]);
  return document.querySelector<HTMLElement>(".markdown")!;
}

/** What a reader sees: without the MathML for screen readers. */
function visibleText(element: Element): string {
  for (const hidden of element.querySelectorAll(".katex-mathml")) hidden.remove();
  return element.textContent ?? "";
}

describe("markdown", () => {
  test("tables, lists, code in its language, kbd and details", async () => {
    const cell = await openMarkdown(
      "| a | b |\n|---|--:|\n| 1 | 2 |\n\n- x\n\n```ts\nconst a = 1;\n```\n\n<kbd>F1</kbd>\n\n" +
        "<details>\n<summary>Hint</summary>\n\nDo *this*.\n\n</details>",
    );
    expect(cell.querySelector(".table td:last-child")!.getAttribute("style")).toBe("text-align:right");
    expect(cell.querySelector("li")!.textContent).toBe("x");
    expect(cell.querySelector("pre .hljs-keyword")!.textContent).toBe("const");
    expect(cell.querySelector("kbd")!.textContent).toBe("F1");
    expect(cell.querySelector("details > p > em")!.textContent).toBe("this");
  });

  test("code in a language that nobody knows is plain text", async () => {
    const cell = await openMarkdown("```klingon\n<Qapla'>\n```");
    expect(cell.querySelector("pre")!.textContent).toBe("<Qapla'>\n");
  });

  test.each([
    ["$x_1$ and $`y`$", 2],
    ["$$\nx^2\n$$", 1],
    ["$$a$$ begins a line\n\n# and $b$ follows", 2],
    ["$$a$$ \n\nafter a space", 1],
    ["\\begin{align}\na &= b\n\\end{align}", 1],
    ["- in a list: $x$\n\n  $$y$$", 2],
    ["| $a$ | b |\n|---|---|\n| $c$ | $d$ |", 3],
    ["<details><summary>Why $x$?</summary>\n\n$$y$$\n\n</details>", 2],
    ["> $x$ *and $y$*", 2],
    ["## $q_\\ell$", 1],
  ])("formulas are set, with MathML beside them: %j", async (source, count) => {
    const cell = await openMarkdown(source);
    expect(cell.querySelectorAll(".katex-html")).toHaveLength(count);
    expect(cell.querySelectorAll(".katex-mathml math")).toHaveLength(count);
    expect(visibleText(cell)).not.toMatch(/[$\\]/);
  });

  test("a $ that is no formula stays", async () => {
    const cell = await openMarkdown("It costs $5 and then $6, or \\$7; `$x$` is code.\n\n```\n$y$\n```");
    expect(cell.querySelector(".katex")).toBeNull();
    expect(cell.textContent).toContain("It costs $5 and then $6, or $7; $x$ is code.");
    expect(cell.textContent).toContain("$y$");
  });

  test("TeX that is wrong is shown as it was written, and the rest is set", async () => {
    const cell = await openMarkdown("$\\frac{1$ and $\\nonsense$ and $x$");
    const bad = Array.from(cell.querySelectorAll(".bad-formula"), ({ textContent }) => textContent);
    expect(bad).toEqual(["$\\frac{1$", "$\\nonsense$"]);
    expect(cell.querySelectorAll(".katex")).toHaveLength(1);
  });

  test("only the fonts that the formulas use are in the page", async () => {
    const fonts = async (source: string) => {
      const { html } = await openPage([markdown(source)]);
      return Array.from(
        html.matchAll(/@font-face\{[^}]*font-family:(\w+)[^}]*data:font\/woff2/g),
        ([, name]) => name,
      );
    };
    expect(await fonts("none")).toEqual([]);
    expect(new Set(await fonts("$x$"))).toEqual(new Set(["KaTeX_Main", "KaTeX_Math"]));
    expect(await fonts("$\\mathbb{Z} \\mathbf{v}$")).toEqual(expect.arrayContaining(["KaTeX_AMS"]));
    expect((await fonts("$\\mathbf{v}$")).length).toBeGreaterThan((await fonts("$\\mathrm{v}$")).length);
  });

  test("pictures lie in the page or are named", async () => {
    const cell = await openMarkdown(
      `![a](attachment:my%20dot.png) ![b](data:image/png;base64,${pixel}) ![c](https://example.org/c.png) ![d](d.png)`,
      { attachments: { "my dot.png": { "image/png": pixel } } },
    );
    const pictures = Array.from(cell.querySelectorAll("img"), ({ alt, src }) => [alt, src]);
    expect(pictures).toEqual([
      ["a", `data:image/png;base64,${pixel}`],
      ["b", `data:image/png;base64,${pixel}`],
    ]);
    expect(cell.textContent).toContain("[picture: c] [picture: d]");
  });
});

describe("headings", () => {
  test("have anchors and a table of contents; links to them work however they are written", async () => {
    const { document } = await openPage([
      markdown("# Two contexts, one key\n\n[a](#Two-contexts,-one-key) [b](#two-contexts-one-key)"),
      markdown("## Scale $\\Delta$ of [it](x.md)\n\n## Again\n\n## Again\n\n#### Too deep"),
    ]);
    const ids = Array.from(document.querySelectorAll("h1, h2, h4"), ({ id }) => id);
    expect(ids).toEqual([
      "section-two-contexts-one-key",
      "section-scale-delta-of-it",
      "section-again",
      "section-again-1",
      "section-too-deep",
    ]);
    const contents = Array.from(document.querySelectorAll("nav[aria-label] a"), (link) =>
      link.getAttribute("href"),
    );
    expect(contents).toEqual(ids.slice(0, 4).map((id) => `#${id}`));
    expect(document.querySelectorAll("nav .katex")).toHaveLength(1);
    const links = Array.from(document.querySelectorAll("main p a"), (link) => link.getAttribute("href"));
    expect(links).toEqual([`#${ids[0]}`, `#${ids[0]}`]);
  });

  test("the first of the highest level is the title, in plain text", async () => {
    const { document } = await openPage([
      markdown("## Before"),
      markdown("# Digits & $N$ *slots*"),
      markdown("# B"),
    ]);
    expect(document.title).toBe("Digits & N slots");
    expect(document.querySelectorAll("h1")).toHaveLength(2);
  });

  test("a page without a top heading gets one", async () => {
    const { document } = await openPage([code("1", [display({ "text/plain": "1" })])], "Lesson <1>");
    expect(document.title).toBe("Lesson <1>");
    expect(document.querySelector("h1")!.textContent).toBe("Lesson <1>");
    expect(document.querySelector("nav")).toBeNull();
    expect((await openPage([])).document.title).toBe("Notebook");
  });
});
