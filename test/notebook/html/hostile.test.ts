import { describe, expect, test } from "@jest/globals";
import { checkInert } from "./hostile.js";
import { code, display, markdown, plotly } from "./notebooks.js";
import { openPage } from "./page.js";

/** Others: see hostile.slow.ts. */
const hostile = [
  `</script><script>alert(1)</script>`,
  `<img src=x onerror="alert(1)">`,
  `<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">`,
  `<noscript><p title="</noscript><img src=x onerror=alert(1)>"></noscript>`,
  `<div style="position:fixed;inset:0;background:url(https://evil.example/x)">d</div>`,
  `<b id="content" class="contents">b</b>`,
  `<span data-slot="0"></span><div data-slot="999"></div><p title='<span data-slot="0"></span>'>slot</p>`,
];

describe("what a notebook holds stays inert", () => {
  test.each(hostile)("in markdown, as an HTML output and as text: %s", checkInert);

  test("javascript links lose their address, others keep it", async () => {
    const addresses = [
      "javascript:alert(1)",
      "JAVASCRIPT&colon;alert(1)",
      "vbscript:x",
      "file:///etc/passwd",
      "data:text/html,x",
    ];
    const kept = ["https://example.org/a?b=c", "mailto:a@example.org", "lesson-2.ipynb", "../README.md"];
    const { document } = await openPage([
      markdown([...addresses, ...kept].map((to) => `[to](${to})`).join(" ")),
    ]);
    const links = Array.from(document.querySelectorAll("main p a"), (link) => link.getAttribute("href"));
    expect(links).toEqual([...addresses.map(() => null), ...kept]);
  });

  test("plotly's JSON cannot end its script", async () => {
    const name = "</script><script>alert(1)</script><!--<script>";
    const { document } = await openPage([
      code("f", [display({ [plotly]: { data: [{ name }], layout: {} } })]),
    ]);
    const held = document.querySelector('script[type="application/json"]')!.textContent;
    expect(JSON.parse(held)).toMatchObject({ data: [{ name }] });
  });

  test("formulas can neither link nor load nor style", async () => {
    const tex = [
      String.raw`\href{javascript:alert(1)}{x}`,
      String.raw`\includegraphics{https://evil.example/x.png}`,
      String.raw`\htmlStyle{position:fixed}{x}`,
      String.raw`\htmlData{onclick=x}{y}`,
    ];
    const { document } = await openPage([markdown(tex.map((formula) => `$${formula}$`).join("\n\n"))]);
    expect(document.querySelectorAll("main p a, main p img, [data-onclick], [style*=fixed]")).toHaveLength(0);
  });

  test("a formula that would grow without end is shown as its source", async () => {
    const { document } = await openPage([markdown(String.raw`$\def\a{\a\a}\a$`)]);
    expect(document.querySelector(".bad-formula")!.textContent).toBe(String.raw`$\def\a{\a\a}\a$`);
  });
});
