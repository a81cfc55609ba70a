import type { BarData, ScatterData } from "plotly.js-dist-min";
import { captioned } from "../captioned.js";
import { requireFinite, requireSome } from "../check.js";
import type { Figure } from "../figure.js";
import { withSlider } from "../slider.js";
import { palette, themed } from "../theme.js";

/** Noise of one standard deviation. */
export interface NoiseStep {
  /** σ of the rounded Gaussian that the noise was drawn from; 0 for no noise. */
  readonly sigma: number;
  /** What was drawn: integers, one a coefficient. */
  readonly noise: readonly (number | bigint)[];
  /** Whether solving b = −a·s for s, as if there were no noise, gave the secret key. */
  readonly keyFound: boolean;
}

const operation = "noiseHistogram";

/**
 * How noise is spread, beside the normal density that it is drawn from, and whether it hides the key: without it,
 * b = −a·s is a system of linear equations. A slider moves σ.
 *
 * @param start index of the σ that is shown first
 * @throws InputError if there is no step, a step without noise, a σ below 0 or anything not finite
 * @example noiseHistogram([{ sigma: 0, noise: [0, 0], keyFound: true }, { sigma: 3.2, noise: [-3, 1], keyFound: false }], 1)
 */
export function noiseHistogram(steps: readonly NoiseStep[], start = 0): Figure {
  requireSome(operation, "step", steps);
  for (const { noise } of steps) requireSome(operation, "draw of each σ", noise);
  const draws = steps.map(({ noise }) => noise.map(Number));
  for (const [index, { sigma }] of steps.entries()) {
    requireFinite(operation, "noise", draws[index]);
    requireFinite(operation, "a σ of at least 0", [sigma >= 0 ? sigma : NaN]);
  }
  const reach = 1 + draws.flat().reduce((most, value) => Math.max(most, Math.ceil(Math.abs(value))), 3);
  return withSlider(
    "σ =",
    steps.map(({ sigma, keyFound }, step) => ({
      label: String(sigma),
      figure: {
        data: [histogram(draws[step], reach), density(sigma, reach)],
        layout: themed({
          ...captioned("Noise, and what it hides", verdict(sigma, keyFound)),
          height: 520,
          bargap: 0.1,
          xaxis: { range: [-reach, reach], title: { text: "noise of a coefficient" } },
          yaxis: { rangemode: "tozero", tickformat: ".0%", title: { text: "share of coefficients" } },
        }),
      },
    })),
    start,
  );
}

/** What was found, and why: lines that fit a telephone. */
function verdict(sigma: number, keyFound: boolean): readonly [string, string] {
  if (sigma === 0) {
    return [
      "b = −a·s: the key's linear system",
      keyFound ? "solvable at σ = 0: it gives the key" : "singular here: draw another a",
    ];
  }
  return [
    `b = −a·s + e, e unknown, σ = ${sigma}:`,
    `solving without e ${keyFound ? "still gives" : "does not give"} the key`,
  ];
}

function histogram(noise: readonly number[], reach: number): Partial<BarData> {
  const counts = new Map<number, number>();
  for (const value of noise) counts.set(value, (counts.get(value) ?? 0) + 1);
  const values = Array.from({ length: 2 * reach - 1 }, (_, index) => index + 1 - reach);
  return {
    type: "bar",
    name: "drawn",
    x: values,
    y: values.map((value) => (counts.get(value) ?? 0) / noise.length),
    hovertemplate: "%{y:.1%} of the coefficients got %{x}<extra></extra>",
    marker: { color: palette.sky },
  };
}

/** The normal distribution's density, 1/(σ√2π) · exp(−x²/2σ²). None is drawn for σ = 0. */
function density(sigma: number, reach: number): Partial<ScatterData> {
  const x = Array.from({ length: 121 }, (_, index) => reach * (index / 60 - 1));
  const heightAt = (value: number) =>
    Math.exp(-(value ** 2) / (2 * sigma ** 2)) / (sigma * Math.sqrt(2 * Math.PI));
  return {
    type: "scatter",
    mode: "lines",
    name: "normal density",
    x,
    y: x.map((value) => (sigma === 0 ? null : Number(heightAt(value).toPrecision(5)))),
    hoverinfo: "skip",
    line: { color: palette.vermillion, width: 2 },
  };
}
