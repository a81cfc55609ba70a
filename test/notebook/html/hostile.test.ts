import { describe, expect, test } from "@jest/globals";
import { code, display, failure, markdown, plotly, stream } from "./notebooks.js";
import { dangers, openPage } from "./page.js";

const hostile = [
  `</script><script>alert(1)</script>`,
  `<script>alert(1)</script>`,
  `<img src=x onerror="alert(1)">`,
  `<iframe src="https://evil.example"></iframe>`,
  `<svg onload="alert(1)"><script>alert(1)</script></svg>`,
  `<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">`,
  `<noscript><p title="</noscript><img src=x onerror=alert(1)>"></noscript>`,
  `<form id=a><input name=attributes><input name=childNodes formaction="javascript:alert(1)"></form>`,
  `<a href="java\nscript:alert(1)">a</a><a href=" &#1;javascript:alert(1)">b</a><a href="data:text/html,x">c</a>`,
  `<details ontoggle="alert(1)" open><summary onclick="alert(1)">s</summary></details>`,
  `<div style="position:fixed;inset:0;background:url(https://evil.example/x)">d</div>`,
  `<b id="content" class="contents">b</b>`,
  `<style>body { display: none }</style><link rel=stylesheet href="https://evil.example">`,
  `<img src="https://evil.example/x.png" srcset="https://evil.example/y.png 2x">`,
  `<img src="data:text/html;base64,PHNjcmlwdD4=">`,
  `<object data="x.swf"></object><embed src="x"><base href="https://evil.example/"><meta http-equiv=refresh content=0>`,
  `<template><script>alert(1)</script></template><textarea><img src=x onerror=alert(1)></textarea>`,
  `<span data-slot="0"></span><div data-slot="999"></div><p title='<span data-slot="0"></span>'>slot</p>`,
];

describe("what a notebook holds stays inert", () => {
  test.each(hostile)("in markdown, as an HTML output and as text: %s", async (text) => {
    const { document } = await openPage(
      [
        markdown(`# Title ${text}\n\n${text}\n\nA line with ${text} in it, $x$ and \`${text}\`.\n\n${text}`, {
          attachments: { [text]: { "image/png": text }, bad: text },
          metadata: { tags: [text], name: text },
        }),
        code(text, [
          display({ "text/html": text, "text/plain": text }, { "text/html": { isolated: text } }),
          display({ "text/html": [`<table><tr><td>${text}`, `</td></tr></table>`] }),
          display({ "text/markdown": text }),
          display({ "text/latex": text }),
          display({
            "image/svg+xml": `<svg xmlns="http://www.w3.org/2000/svg">${text}</svg>`,
            "text/plain": text,
          }),
          display({ "image/png": text, "text/plain": text }, { "image/png": { width: `1" onload="x` } }),
          display({ [text]: text }),
          display({ [plotly]: { data: [{ name: text }], layout: { title: { text }, height: text } } }),
          stream("stdout", text),
          stream("stderr", text),
          failure(text, text, [text]),
        ]),
        { cell_type: "raw", metadata: {}, source: text },
      ],
      undefined,
    );
    expect(dangers(document)).toEqual([]);
    expect(document.querySelectorAll("body script:not([type])")).toHaveLength(2);
    expect(document.querySelectorAll("main")).toHaveLength(1);
    expect(document.querySelectorAll("[id=content]")).toHaveLength(1);
    expect(document.querySelectorAll("[style*=fixed], [style*=url]")).toHaveLength(0);
  });

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
