import { button, byId, make } from "../dom/make.js";
import { cellsOf, notebookLink, notebookOf } from "./notebook.js";

/** The page of this site that opens a notebook; undefined where the site has none. The build puts it in. */
declare const heMlLiveNotebooks: string | undefined;

/** What is shared of a page. */
export interface Shared {
  readonly title: string;
  /** A cell that does the same; undefined where there is nothing to do yet. */
  readonly code: string | undefined;
}

/** Sharing what is shown: as a link, as TypeScript, as a notebook. */
export function shareBar(shared: () => Shared): void {
  const said = make("p", { role: "status", class: "said" });
  const code = make("pre", {
    class: "source",
    tabindex: 0,
    role: "region",
    "aria-label": "The page as TypeScript",
  });
  code.hidden = true;
  const copy = async (what: string, text: string) => {
    try {
      await navigator.clipboard.writeText(text);
      said.textContent = `${what} is copied.`;
    } catch {
      said.textContent = `The browser lets nothing be copied here: take ${what.toLowerCase()} from below.`;
      code.hidden = false;
      code.textContent = text;
    }
  };
  const withCode = (work: (code: string, title: string) => void) => {
    const { code: cell, title } = shared();
    if (cell === undefined) said.textContent = "There is nothing to write down yet: draw a digit first.";
    else work(cell, title);
  };
  const show = () =>
    withCode((cell) => {
      code.textContent = cell;
      code.hidden = false;
      void copy("The cell", cell);
    });
  const download = () =>
    withCode((cell, title) => {
      const notebook = new Blob([notebookOf(cellsOf(title, location.href, cell))], {
        type: "application/x-ipynb+json",
      });
      const link = make("a", { href: URL.createObjectURL(notebook), download: "playground.ipynb" });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
      said.textContent =
        "playground.ipynb is downloaded: open it in any Jupyter with this project's kernel (he-ml lab).";
    });
  const open = (page: string) =>
    withCode((cell, title) => location.assign(notebookLink(page, cellsOf(title, location.href, cell))));
  byId("share").append(
    make("h2", { id: "share-title" }, "Take it with you"),
    make("p", {}, "All that you see is in the page's address."),
    make(
      "div",
      { class: "buttons" },
      button("Copy link", () => void copy("The link", location.href)),
      button("Copy as TypeScript", show),
      button("Download as a notebook", download),
      heMlLiveNotebooks !== undefined && button("Open in a notebook", () => open(heMlLiveNotebooks)),
    ),
    said,
    code,
  );
}
