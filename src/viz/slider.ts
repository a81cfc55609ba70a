import type { Slider } from "plotly.js-dist-min";
import { InputError } from "../he-ml/errors.js";
import { requireFigure, requireSome } from "./check.js";
import type { Figure } from "./figure.js";

/** One place of a slider: a short label, such as a number, and the whole figure as it looks there. */
export interface SliderStep {
  readonly label: string;
  readonly figure: Figure;
}

/**
 * Puts a slider under figures that differ in their numbers only: moving it shows one after the other. What differs lies
 * in the slider's steps (method `update`), so the figure is data and layout as every other, and needs no kernel.
 *
 * @param name of what the slider moves, with a colon: it stands before the label
 * @param start index of the step that the figure opens with, and that stands in its picture
 * @param room between the plot and the slider, for the ticks and the title of the axis, in pixels
 * @throws InputError if there is no step, no such start, or the figures have not equally many series
 * @example withSlider("σ:", [{ label: "0", figure: still }, { label: "3.2", figure: noisy }], 1)
 */
export function withSlider(name: string, steps: readonly SliderStep[], start = 0, room = 48): Figure {
  requireSome("withSlider", "step", steps);
  const figures = steps.map(({ figure }) => figure);
  for (const figure of figures) requireFigure("withSlider", figure);
  const shown = figures[start];
  if (!shown) {
    throw new InputError(
      `withSlider: expected a start from 0 to ${steps.length - 1}, got ${start}; give one of the steps`,
    );
  }
  const odd = figures.findIndex(({ data }) => data.length !== shown.data.length);
  if (odd >= 0) {
    throw new InputError(
      `withSlider: expected ${shown.data.length} series in each step, got ${figures[odd].data.length} in step ${odd}; ` +
        `keep an empty series where there is nothing to draw`,
    );
  }
  if (steps.length === 1) return shown;
  const series = figures.map(({ data }) => data.map((one) => new Map(leavesOf(one))));
  const layouts = figures.map(({ layout }) => new Map(leavesOf(layout)));
  const seriesPaths = shown.data.map((_, index) => differing(series.map((leaves) => leaves[index])));
  const changedInSeries = [...new Set(seriesPaths.flat())];
  const changedInLayout = differing(layouts);
  const slider: Slider = {
    ...look,
    pad: { ...look.pad, t: room },
    active: start,
    currentvalue: { ...look.currentvalue, prefix: `${name} ` },
    steps: steps.map(({ label }, step) => ({
      label,
      method: "update",
      args: [
        fromEntries(changedInSeries, (path) => series[step].map((leaves) => leaves.get(path) ?? null)),
        fromEntries(changedInLayout, (path) => layouts[step].get(path) ?? null),
      ],
    })),
  };
  return { ...shown, layout: { ...shown.layout, sliders: [slider] } };
}

/** Half transparent, so that it reads on light and dark ground. Below it is room for the legend. */
const look = {
  bgcolor: "rgba(128, 128, 128, 0.35)",
  bordercolor: "rgba(128, 128, 128, 0.8)",
  tickcolor: "rgba(128, 128, 128, 0.8)",
  currentvalue: { xanchor: "left", font: { size: 14 }, offset: 8 },
  pad: { b: 36, l: 0, r: 0 },
  transition: { duration: 0 },
} as const satisfies Slider;

type Leaf = readonly [path: string, value: unknown];

/** What a figure says, by the dotted paths that plotly's `update` takes; a list is one value. */
function leavesOf(holder: object, prefix = ""): Leaf[] {
  return Object.entries(holder).flatMap(([key, value]: [string, unknown]): Leaf[] => {
    const path = `${prefix}${key}`;
    const isHolder = typeof value === "object" && value !== null && !Array.isArray(value);
    return isHolder ? leavesOf(value, `${path}.`) : [[path, value]];
  });
}

function differing(all: readonly ReadonlyMap<string, unknown>[]): string[] {
  const paths = new Set(all.flatMap((leaves) => [...leaves.keys()]));
  return [...paths].filter((path) => new Set(all.map((leaves) => JSON.stringify(leaves.get(path)))).size > 1);
}

function fromEntries(paths: readonly string[], valueOf: (path: string) => unknown): Record<string, unknown> {
  return Object.fromEntries(paths.map((path) => [path, valueOf(path)]));
}
