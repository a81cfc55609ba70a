import { describe, expect, test } from "@jest/globals";
import { code, display, failure, pixel, plotly, stream } from "./notebooks.js";
import { openPage } from "./page.js";

const figure = {
  data: [{ type: "bar", y: [1, 2] }],
  layout: { title: { text: "<b>Error</b> a &lt; b" }, width: 900, height: 300 },
};

async function openOutputs(...outputs: readonly unknown[]): Promise<HTMLElement> {
  const { document } = await openPage([code("run()", outputs)]);
  return document.querySelector<HTMLElement>(".outputs")!;
}

describe("code cells", () => {
  test("source highlighted and whole, with its number", async () => {
    const source = 'const a: number = 1; // <b> & "c"\n\n\treturn `${a}`;';
    const { document } = await openPage([code(source, [], { execution_count: 7 })]);
    expect(document.querySelector(".source")!.textContent).toBe(source);
    expect(document.querySelector(".source .hljs-keyword")!.textContent).toBe("const");
    expect(document.querySelector(".count")!.textContent).toBe("[7]");
    expect(document.querySelector(".code")!.getAttribute("aria-label")).toBe("Code, run 7");
  });

  test("what the author hid is folded", async () => {
    const metadata = { jupyter: { source_hidden: true, outputs_hidden: true } };
    const { document } = await openPage([code("a", [stream("stdout", "b")], { metadata })]);
    const folded = Array.from(document.querySelectorAll("details"), ({ open, textContent }) => [
      open,
      textContent.replaceAll(/\s+/g, " ").trim(),
    ]);
    expect(folded).toEqual([
      [false, "Code [1] a"],
      [false, "Output b"],
    ]);
  });

  test("an empty cell leaves nothing", async () => {
    const { document } = await openPage([code(""), code(" \n")]);
    expect(document.querySelector(".cell")).toBeNull();
  });
});

describe("outputs", () => {
  test.each([
    ["A sentence that is a good deal longer than any telephone is wide.\nAnd another, 1.5 long.", true],
    ["n    error\n1024 0.5", false],
    ["x: {\n  y: 1\n}", false],
    ["┌──┐\n│a│", false],
  ])("%j may be broken on a telephone: %s", async (text, isSentences) => {
    const outputs = await openOutputs(stream("stdout", text));
    expect(outputs.querySelector(".box")!.classList.contains("sentences")).toBe(isSentences);
  });

  test("stand in their order, and neighbours of one stream are one text", async () => {
    const outputs = await openOutputs(
      stream("stdout", "one\n"),
      stream("stdout", "two\n"),
      stream("stderr", "three\n"),
      display({ "text/plain": "four" }),
      stream("stdout", "five"),
    );
    expect(Array.from(outputs.querySelectorAll("pre"), ({ textContent }) => textContent)).toEqual([
      "one\ntwo",
      "three",
      "four",
      "five",
    ]);
    expect(Array.from(outputs.querySelectorAll(".box-title"), ({ textContent }) => textContent)).toEqual([
      "stderr",
    ]);
  });

  test("streams read as on a terminal", async () => {
    const outputs = await openOutputs(
      stream(
        "stdout",
        "\n\u001b[1;31mred\u001b[0m \u001b]8;;https://x\u0007link\u001b]8;;\u0007\r\n10 %\r50 %\r100 %\nnul\u0000 bell\u0007\ttab",
      ),
    );
    expect(outputs.querySelector("pre")!.textContent).toBe("\nred link\n100 %\nnul bell\ttab");
  });

  test("5,000 lines are there whole, in a box that the keyboard reaches", async () => {
    const lines = Array.from({ length: 5000 }, (_, index) => `line ${index} <&>`).join("\n");
    const pre = (await openOutputs(stream("stdout", lines))).querySelector("pre")!;
    expect(pre.textContent).toBe(lines);
    expect(pre.tabIndex).toBe(0);
  });

  test("an error says its name, its message and its trace, once, without colour codes", async () => {
    const outputs = await openOutputs(
      failure("TypeError", "a is not a function", [
        "\u001b[31mTypeError\u001b[39m: a is not a function",
        "    at x.ts:1",
      ]),
      failure("InputError", "no level is left", []),
      failure("Error", "first", ["at y.ts:2"]),
    );
    const texts = Array.from(outputs.querySelectorAll(".error"), ({ textContent }) => textContent);
    expect(texts).toEqual([
      "ErrorTypeError: a is not a function\n    at x.ts:1",
      "ErrorInputError: no level is left",
      "ErrorError: first\nat y.ts:2",
    ]);
  });

  test("a figure can be drawn as wide as the page, and has its picture", async () => {
    const outputs = await openOutputs(
      display({ [plotly]: figure, "image/png": pixel, "text/plain": "Figure" }),
    );
    const plot = outputs.querySelector<HTMLElement>(".interactive.has-picture .plot")!;
    expect(plot.getAttribute("aria-label")).toBe("Error a < b");
    expect(plot.style.height).toBe("300px");
    const held = JSON.parse(plot.querySelector("script")!.textContent);
    expect(held).toEqual({ data: figure.data, layout: { title: figure.layout.title } });
    expect(outputs.querySelector("img.picture")!.getAttribute("src")).toBe(`data:image/png;base64,${pixel}`);
    expect(outputs.querySelectorAll("img")).toHaveLength(1);
  });

  test("a figure without a picture has its text for where it cannot be drawn", async () => {
    const outputs = await openOutputs(display({ [plotly]: figure, "text/plain": "Error per layer" }));
    expect(outputs.querySelector("pre.picture")!.textContent).toBe("Error per layer");
  });

  test("what claims to be a figure and is none gives way to the next form", async () => {
    for (const content of ["x", null, [], { data: {} }, { layout: {} }]) {
      const outputs = await openOutputs(display({ [plotly]: content, "text/plain": "text" }));
      expect(outputs.textContent!.trim()).toBe("text");
    }
  });

  test.each(["image/svg+xml", "image/png", "image/jpeg"])("%s is a picture in the page", async (type) => {
    const content =
      type === "image/svg+xml" ? ["<svg xmlns='http://www.w3.org/2000/svg'>", "</svg>"] : `${pixel}\n`;
    const outputs = await openOutputs(
      display({ [type]: content, "text/plain": "alt <text>" }, { [type]: { width: 120.4, height: "9" } }),
    );
    const image = outputs.querySelector("img")!;
    expect(image.src).toMatch(`data:${type};base64,`);
    expect(image.alt).toBe("alt <text>");
    expect(image.getAttribute("width")).toBe("120");
    expect(image.hasAttribute("height")).toBe(false);
  });

  test("a table keeps its form and alignment, without the rest of its style", async () => {
    const html =
      '<style>td{color:red}</style><div class="x"><table border="1" class="dataframe"><caption>Layers</caption><tr><th scope="row" ' +
      'style="color:red;text-align:right;white-space:nowrap" onclick="x()">conv1</th><td colspan="2">3 &lt; 4</td></tr></table></div>';
    const outputs = await openOutputs(display({ "text/html": html, "text/plain": "plain" }));
    const frame = outputs.querySelector(".table")!;
    expect(frame.getAttribute("aria-label")).toBe("Layers");
    expect(frame.querySelector("tr")!.innerHTML).toBe(
      '<th scope="row" style="text-align:right;white-space:nowrap">conv1</th><td colspan="2">3 &lt; 4</td>',
    );
    expect(outputs.querySelectorAll("style, [class=dataframe]")).toHaveLength(0);
  });

  test("HTML of which nothing safe is left gives way to text", async () => {
    const outputs = await openOutputs(
      display({ "text/html": "<script>draw()</script>", "text/plain": "plain" }),
    );
    expect(outputs.textContent!.trim()).toBe("plain");
  });

  test.each([
    ["$$x^2$$", 1],
    ["$x^2$", 0],
    ["\\[x^2\\]", 1],
    ["x^2", 1],
  ])("LaTeX %j is set", async (source, blocks) => {
    const outputs = await openOutputs(display({ "text/latex": source, "text/plain": "plain" }));
    expect(outputs.querySelectorAll(".katex-html")).toHaveLength(1);
    expect(outputs.querySelectorAll(".katex-display")).toHaveLength(blocks);
  });

  test("markdown and JSON", async () => {
    const outputs = await openOutputs(
      display({ "text/markdown": ["**bold**", " $x$"], "text/plain": "plain" }),
      display({ "application/json": { a: [1] } }),
      display({ "application/x-unknown": "?" }),
    );
    expect(outputs.querySelector("strong")!.textContent).toBe("bold");
    expect(outputs.querySelector("pre")!.textContent).toBe('{\n  "a": [\n    1\n  ]\n}');
    expect(outputs.querySelector(".note")!.textContent).toContain("application/x-unknown");
  });
});
