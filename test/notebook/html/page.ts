import { renderNotebook } from "../../../src/notebook/html/index.js";
import { parsePage } from "../../viz/page.js";
import { notebookOf, type CellSketch } from "./notebooks.js";

/** A rendered page, as its text and as a document whose scripts have not run. */
export interface Page {
  readonly html: string;
  readonly document: Document;
}

export async function openPage(cells: readonly CellSketch[], title?: string): Promise<Page> {
  const html = await renderNotebook(notebookOf(cells), { title });
  return { html, document: await parsePage(html) };
}

/** What in a document could run or load something, beside the page's own scripts. */
export function dangers(document: Document): string[] {
  const found = Array.from(document.querySelectorAll("main *, nav *")).flatMap((element) => {
    const name = element.localName;
    const forbidden =
      ["iframe", "object", "embed", "form", "input", "link", "meta", "base", "style", "template"].includes(
        name,
      ) ||
      (name === "script" && element.getAttribute("type") !== "application/json") ||
      (name === "svg" && element.closest(".katex") === null);
    const attributes = Array.from(element.attributes).filter(
      ({ name: attribute, value }) =>
        attribute.startsWith("on") ||
        ["srcdoc", "srcset", "formaction", "action", "background", "poster"].includes(attribute) ||
        (attribute === "src" && !value.startsWith("data:image/")) ||
        /^\s*(?:javascript|vbscript|data:text)/i.test(value),
    );
    return [...(forbidden ? [name] : []), ...attributes.map((attribute) => `${name} ${attribute.name}`)];
  });
  return found;
}
