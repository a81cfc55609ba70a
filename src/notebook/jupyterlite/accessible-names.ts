/** Gives names and roles to elements of JupyterLab's that have none for whoever hears the page. */

/** What is amended, by where it stands. */
const amendments: readonly (readonly [selector: string, amend: (element: HTMLElement) => void])[] = [
  [".jp-CodeCell .cm-content:not([aria-label])", name("Code cell")],
  [".jp-MarkdownCell .cm-content:not([aria-label])", name("Text cell")],
  [".cm-content:not([aria-label])", name("Text editor")],
  [".jp-collapseHeadingButton:not([aria-label])", name("Fold this section")],
  ["#jp-NotebookLogo:not([aria-label])", name("All files")],
  [".jp-RenderedSVG img:not([alt])", describe],
  [".jp-RenderedImage img:not([alt])", (element) => element.setAttribute("alt", "Picture")],
  // A feed holds articles and nothing else.
  [".jp-WindowedPanel-viewport[role=feed] > :not([role])", role("article")],
  // Before all else of the page stands what is first in it.
  [".skip-link[tabindex='1']", (element) => element.setAttribute("tabindex", "0")],
];

function name(text: string): (element: HTMLElement) => void {
  return (element) => element.setAttribute("aria-label", text);
}

/** By what an SVG says of itself. */
function describe(element: HTMLElement): void {
  const [, svg = ""] = /^data:image\/svg\+xml,(.*)$/s.exec((element as HTMLImageElement).src) ?? [];
  const drawing = new DOMParser().parseFromString(decodeURIComponent(svg), "image/svg+xml");
  const texts = ["title", "desc"].map((name) => drawing.querySelector(name)?.textContent);
  element.setAttribute("alt", texts.filter(Boolean).join(". ") || "Diagram");
}

function role(kind: string): (element: HTMLElement) => void {
  return (element) => element.setAttribute("role", kind);
}

export const accessibleNames = {
  id: "he-ml:accessible-names",
  autoStart: true,
  activate(): void {
    const amendAll = () => {
      for (const [selector, amend] of amendments)
        document.querySelectorAll<HTMLElement>(selector).forEach((element) => amend(element));
    };
    let isDue = false;
    const soon = () => {
      if (isDue) return;
      isDue = true;
      requestAnimationFrame(() => {
        isDue = false;
        amendAll();
      });
    };
    new MutationObserver(soon).observe(document.body, { childList: true, subtree: true });
    soon();
  },
};
