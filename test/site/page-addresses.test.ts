import { expect, test } from "@jest/globals";
import { linksToPages } from "../../src/site/page-addresses.js";

test("links lead to pages of the site, and those without a page become their text", () => {
  const pages: [string, string, string][] = [
    ["[a](GLOSSARY.md#slot)", "notebooks/03-multiply.ipynb", "[a](GLOSSARY.html#section-slot)"],
    ["[a](../GLOSSARY.md)", "notebooks/exercises/03-multiply.ipynb", "[a](../GLOSSARY.html)"],
    ["[a](02-hiding-it.ipynb)", "notebooks/exercises/03-multiply.ipynb", "[a](02-hiding-it.html)"],
    ["[*a*](../SECURITY.md)", "notebooks/GLOSSARY.md", "[*a*](SECURITY.html)"],
    ["[a](../src/he-ml/GLOSSARY.md)", "notebooks/07-the-planner.ipynb", "[a](LIBRARY-GLOSSARY.html)"],
    ["[`a`](../src/nothing.ts), b", "notebooks/07-the-planner.ipynb", "`a`, b"],
    ["[a](#b) [c](mailto:d)", "SECURITY.md", "[a](#b) [c](mailto:d)"],
  ];
  for (const [markdown, from, expected] of pages) expect(linksToPages(markdown, from)).toBe(expected);
});
