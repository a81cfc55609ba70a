import { expect } from "@jest/globals";
import { code, display, failure, markdown, plotly, stream } from "./notebooks.js";
import { dangers, openPage } from "./page.js";

/** Whatever a notebook holds, wherever it holds it, stays inert in its page. */
export async function checkInert(text: string): Promise<void> {
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
}
