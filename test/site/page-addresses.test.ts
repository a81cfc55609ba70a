import { expect, test } from "@jest/globals";
import { readdir } from "node:fs/promises";
import { markdownHtml } from "../../src/notebook/html/markdown.js";
import { models } from "../../src/site/course.js";
import { linkToPage, pageAddresses } from "../../src/site/page-addresses.js";

test("links lead to pages of the site, and those without a page become their text", () => {
  const pages: [string, string, string][] = [
    ["[a](GLOSSARY.md#slot)", "notebooks/03-multiply.ipynb", '<a href="GLOSSARY.html#section-slot">a</a>'],
    ["[a](../GLOSSARY.md)", "notebooks/exercises/03-multiply.ipynb", '<a href="../GLOSSARY.html">a</a>'],
    ["[a](02-hiding-it.ipynb)", "notebooks/exercises/03-multiply.ipynb", '<a href="02-hiding-it.html">a</a>'],
    ["[*a*](../SECURITY.md)", "notebooks/GLOSSARY.md", '<a href="SECURITY.html"><em>a</em></a>'],
    [
      "[a](../src/he-ml/GLOSSARY.md)",
      "notebooks/07-the-planner.ipynb",
      '<a href="LIBRARY-GLOSSARY.html">a</a>',
    ],
    ["[`a`](../src/nothing.ts), b", "notebooks/07-the-planner.ipynb", "<code>a</code>, b"],
    ["[a](#b) [c](mailto:d)", "SECURITY.md", '<a href="#section-b">a</a> <a href="mailto:d">c</a>'],
    [
      "[a][b]\n\n[b]: ../models/lenet1/card.md 'c'",
      "notebooks/GLOSSARY.md",
      '<a href="models/lenet1.html" title="c">a</a>',
    ],
    ['<a href="GLOSSARY.md">a</a>', "notebooks/GLOSSARY.md", '<a href="GLOSSARY.html">a</a>'],
    ["`[a](GLOSSARY.md)`", "notebooks/GLOSSARY.md", "<code>[a](GLOSSARY.md)</code>"],
  ];
  for (const [markdown, from, expected] of pages) {
    const html = markdownHtml(markdown, { leadLink: (address) => linkToPage(address, from) });
    expect(html.trim()).toBe(`<p>${expected}</p>`);
  }
  const code = "```\n[a](GLOSSARY.md)\n```";
  expect(markdownHtml(code, { leadLink: () => "b" })).toBe(markdownHtml(code));
});

test("every committed model's card has a page", async () => {
  const folders = (await readdir("models")).filter((name) => name !== "datasets");
  expect([...models].sort()).toEqual(folders.sort());
  for (const name of folders)
    expect(pageAddresses.get(`models/${name}/card.md`)).toBe(`lessons/models/${name}.html`);
});
