import type { Template } from "plotly.js-dist-min";
import type { Layout } from "./plotly-types.js";

/**
 * Colours that people with any colour vision can tell apart, without the yellow, which is too pale on white.
 * Source: Okabe and Ito, "Color Universal Design" (2008), https://jfly.uni-koeln.de/color/
 */
export const palette = {
  blue: "#0072B2",
  vermillion: "#D55E00",
  green: "#009E73",
  purple: "#CC79A7",
  orange: "#E69F00",
  sky: "#56B4E9",
  black: "#000000",
} as const;

/** One look a series. Shape, dash and pattern differ as well as the colour, so that a grey print still reads. */
export interface SeriesStyle {
  readonly color: string;
  readonly dash: "solid" | "dash" | "dot" | "dashdot" | "longdash" | "longdashdot";
  readonly symbol: "circle" | "square" | "diamond" | "triangle-up" | "pentagon" | "triangle-down" | "star";
  readonly pattern: "" | "/" | "\\" | "x" | "-" | "|" | "+" | ".";
}

const seriesStyles: readonly SeriesStyle[] = [
  { color: palette.blue, dash: "solid", symbol: "circle", pattern: "" },
  { color: palette.vermillion, dash: "dash", symbol: "square", pattern: "/" },
  { color: palette.green, dash: "dot", symbol: "diamond", pattern: "\\" },
  { color: palette.purple, dash: "dashdot", symbol: "triangle-up", pattern: "x" },
  { color: palette.orange, dash: "longdash", symbol: "pentagon", pattern: "-" },
  { color: palette.sky, dash: "longdashdot", symbol: "triangle-down", pattern: "|" },
  { color: palette.black, dash: "solid", symbol: "star", pattern: "+" },
];

/** The look of series `index`; the seven looks come round again after the last. */
export function seriesStyle(index: number): SeriesStyle {
  return seriesStyles[index % seriesStyles.length];
}

const ink = "#222222";
const gridline = "#DDDDDD";
/** Behind every second place of an axis; half-transparent, so that it is a shade on light and dark ground. */
export const bandColor = "rgba(128, 128, 128, 0.1)";

/**
 * The colours that a dark page puts in place of the theme's own. Blue is lighter there, because it would be too dark;
 * the others stand out on both grounds.
 */
export const darkColors: Readonly<Record<string, string>> = {
  [ink]: "#E6EDF3",
  [gridline]: "#3B444F",
  white: "#181F27",
  [palette.black]: "#E6EDF3",
  [palette.blue]: "#4AA8E8",
  [palette.vermillion]: "#F07D35",
};

const axis = {
  automargin: true,
  showline: true,
  linecolor: ink,
  ticks: "outside",
  tickcolor: ink,
  gridcolor: gridline,
  zeroline: false,
  title: { standoff: 10, font: { size: 14 } },
} as const;

/** What every figure shares. The title and the legend reserve their own room, so nothing is cut or overlaps. */
const template = {
  layout: {
    font: { family: "DejaVu Sans, Verdana, sans-serif", size: 13, color: ink },
    paper_bgcolor: "white",
    plot_bgcolor: "white",
    colorway: seriesStyles.map((style) => style.color),
    margin: { t: 24, r: 24, b: 24, l: 24 },
    title: {
      font: { size: 16 },
      automargin: true,
      yref: "container",
      y: 0.98,
      yanchor: "top",
      x: 0,
      xanchor: "left",
      pad: { l: 24 },
    },
    legend: {
      orientation: "h",
      yref: "container",
      y: 0,
      yanchor: "bottom",
      xref: "container",
      x: 0,
      xanchor: "left",
    },
    hoverlabel: { namelength: -1, align: "left" },
    // Slanted names end at their tick; names that would leave the figure are kept, and the margin grows.
    xaxis: { ...axis, autotickangles: [0, -30, -60], ticklabeloverflow: "allow" },
    yaxis: axis,
  },
} satisfies Template;

/** Puts the project's look under a figure's own layout. */
export function themed(layout: Layout): Layout {
  return { template, ...layout };
}
