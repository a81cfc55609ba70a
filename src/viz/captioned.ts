import type { Layout } from "./plotly-types.js";

const menuHeight = 46;

/**
 * A figure's title and under it, smaller, what the figure says at this place of its slider, with the room that they take:
 * plotly makes room for one line by itself. On a telephone 34 letters of the title fit a line, and 42 of the others.
 *
 * @param below further room, for a menu
 * @example themed({ ...captioned("Noise", ["σ = 3.2"]), height: 500 })
 */
export function captioned(title: string, lines: readonly string[], below: "menu" | "plot" = "plot"): Layout {
  const text = [title, ...lines.map((line) => `<span style="font-size:13px">${line}</span>`)].join("<br>");
  return {
    title: { text, automargin: false, y: 1, pad: { l: 24, t: 18 } },
    margin: { t: 48 + 21 * lines.length + (below === "menu" ? menuHeight : 0) },
  };
}
