import { darkColors } from "./theme.js";

/** Two buttons leave room for the title on a telephone; none of the others that plotly brings is needed. */
const interactive = { displaylogo: false, responsive: true, modeBarButtons: [["toImage", "resetScale2d"]] };

/** Keys in capitals, because colours may be written in either. */
const inDark = Object.fromEntries(
  Object.entries(darkColors).map(([light, dark]) => [light.toUpperCase(), dark]),
);

/** Plotly as a file of its own. */
export interface ScriptBeside {
  /** Relative to the page. */
  readonly address: string;
  /** As in the attribute of that name: `sha256-…`. */
  readonly integrity: string;
}

/**
 * Runs in the reader's browser and draws the page's figures. On a dark page the colours of our theme give way to those
 * for the dark, at once when the reader changes the scheme, and not on paper. Plotly cuts a title that is wider than
 * the figure: here it is broken into lines. A figure that plotly cannot draw is marked and does not stop the others.
 */
const drawing = `
const dark = matchMedia("screen and (prefers-color-scheme: dark)");
const darkColors = ${JSON.stringify(inDark)};
function darkened(value, key) {
  if (typeof value === "string") return /color/.test(key) ? (darkColors[value.toUpperCase()] ?? value) : value;
  if (Array.isArray(value)) return value.map((each) => darkened(each, key));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, darkened(each, name)]));
}
const isOurs = ({ layout }) => layout.template?.layout?.paper_bgcolor === "white";

const ruler = document.createElement("canvas").getContext("2d");
function inLines(text, width) {
  ruler.font = "17px DejaVu Sans, Verdana, sans-serif";
  const lines = [""];
  for (const word of text.split(" ")) {
    const longer = (lines.at(-1) + " " + word).trim();
    if (lines.at(-1) === "" || ruler.measureText(longer).width <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}
function titleLines(plot, { layout: { title } }) {
  const text = title?.text ?? title;
  return typeof text !== "string" || text.includes("<") ? [] : inLines(text, plot.clientWidth - 48);
}
// Plotly's own margin for a title puts the first of several lines above the figure.
const titledIn = (lines, { title, margin }) => ({
  title: { ...(typeof title === "string" ? {} : title), text: lines.join("<br>"), automargin: false, pad: { l: 24, t: 16 } },
  margin: { ...margin, t: 20 + 21 * lines.length },
});

async function draw(plot, figure) {
  const { data, layout, frames, config } =
    dark.matches && isOurs(figure) ? darkened(figure, "") : structuredClone(figure);
  const lines = titleLines(plot, figure);
  if (lines.length > 1) Object.assign(layout, titledIn(lines, layout));
  await Plotly.react(plot, { data, layout, frames, config: { ...config, ...${JSON.stringify(interactive)} } });
}
const standIn = (plot) => plot.closest("figure").classList.add("not-drawn");
function drawPlot(plot) {
  const figure = JSON.parse(plot.querySelector("script").textContent);
  plot.replaceChildren();
  const drawn = () => draw(plot, figure).catch(() => standIn(plot));
  drawn();
  dark.addEventListener("change", drawn);
  let title = titleLines(plot, figure).join();
  addEventListener("resize", () => {
    if (title === (title = titleLines(plot, figure).join())) return;
    drawn();
  });
}
const plots = document.querySelectorAll(".plot");
`;

/** For a page that plotly stands in, before this. */
export const drawPlots = `${drawing}plots.forEach(drawPlot);
`;

/**
 * For a page whose policy lets this script load others. Where plotly cannot be loaded, pictures stand for the figures. Files of
 * one's own machine are not checked, because Chromium checks no file without a host, and loads none that it cannot check.
 *
 * @see https://www.w3.org/TR/SRI/#is-response-eligible
 */
export const drawPlotsOnceLoaded = ({ address, integrity }: ScriptBeside): string => `${drawing}
const plotly = document.createElement("script");
if (location.protocol !== "file:") plotly.integrity = ${JSON.stringify(integrity)};
plotly.src = ${JSON.stringify(address)};
plotly.onload = () => plots.forEach(drawPlot);
plotly.onerror = () => plots.forEach(standIn);
document.head.append(plotly);
`;
