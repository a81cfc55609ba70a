import { make, makeSvg } from "../dom/make.js";
import { threeDigits } from "../dom/numbers.js";

const width = 640;
const height = 180;
const left = 84;
const bottom = 24;
const top = 14;

/** A series of a plot; the first is drawn below the others. */
export interface Series {
  readonly name: string;
  readonly values: readonly number[];
  readonly kind: "exact" | "decrypted";
}

function frame(title: string, marks: readonly { readonly at: number; readonly text: string }[]) {
  const svg = makeSvg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": title });
  for (const { at, text } of marks) {
    const label = makeSvg("text", { x: left - 6, y: at + 4, "text-anchor": "end", class: "tick" });
    label.textContent = text;
    svg.append(makeSvg("line", { x1: left, x2: width, y1: at, y2: at, class: "grid" }), label);
  }
  return svg;
}

function place(svg: SVGSVGElement, x: number, text: string, anchor: "start" | "middle" | "end"): void {
  const label = makeSvg("text", { x, y: height - 4, "text-anchor": anchor, class: "tick" });
  label.textContent = text;
  svg.append(label);
}

/** Values side by side, exact ones as a wide line and decrypted ones as dots on it. */
export function valuesPlot(title: string, series: readonly Series[], unit: string): HTMLElement {
  const all = series.flatMap(({ values }) => values);
  const [least, most] = [Math.min(0, ...all), Math.max(0, ...all)];
  const span = most - least || 1;
  const y = (value: number) => top + (1 - (value - least) / span) * (height - top - bottom);
  const count = Math.max(...series.map(({ values }) => values.length));
  const x = (index: number) => left + ((index + 0.5) / count) * (width - left);
  const marks = [...new Set([least, 0, most])].map((value) => ({ at: y(value), text: threeDigits(value) }));
  const apart = marks.filter(({ at, text }) => text === "0" || Math.abs(at - y(0)) > 12);
  const svg = frame(
    `${title}: ${series.map(({ name }) => name).join(" and ")}, from ${threeDigits(least)} to ${threeDigits(most)}`,
    apart,
  );
  for (const { values, kind } of series) {
    if (kind === "exact") {
      const points = values.map((value, i) => `${x(i).toFixed(1)},${y(value).toFixed(1)}`).join(" ");
      svg.append(makeSvg("polyline", { points, class: "exact" }));
    } else {
      values.forEach((value, i) =>
        svg.append(makeSvg("circle", { cx: x(i), cy: y(value), r: 3, class: "decrypted" })),
      );
    }
  }
  place(svg, left, `${unit} 0`, "start");
  place(svg, width, String(count - 1), "end");
  return make("figure", { class: "plot" }, make("figcaption", {}, title), svg);
}

/** Coefficients as thin bars from zero. */
export function coefficientsPlot(title: string, values: readonly number[]): HTMLElement {
  const most = Math.max(1e-300, ...values.map(Math.abs));
  const middle = top + (height - top - bottom) / 2;
  const y = (value: number) => middle - (value / most) * (middle - top);
  const x = (index: number) => left + ((index + 0.5) / values.length) * (width - left);
  const marks = [most, 0, -most].map((value) => ({ at: y(value), text: threeDigits(value) }));
  const svg = frame(`${title}, up to ${threeDigits(most)}`, marks);
  const path = values.map((value, i) => `M${x(i).toFixed(1)} ${middle}V${y(value).toFixed(1)}`).join("");
  svg.append(makeSvg("path", { d: path, class: "coefficients" }));
  place(svg, left, "X^0", "start");
  place(svg, width, `X^${values.length - 1}`, "end");
  return make("figure", { class: "plot" }, make("figcaption", {}, title), svg);
}

/** Numbers from 0 to a prime, as dots. */
export function residuesPlot(title: string, values: Float64Array): HTMLElement {
  const most = 2 ** Math.ceil(Math.log2(Math.max(...values)));
  const y = (value: number) => top + (1 - value / most) * (height - top - bottom);
  const x = (index: number) => left + ((index + 0.5) / values.length) * (width - left);
  const svg = frame(title, [
    { at: y(0), text: "0" },
    { at: y(most), text: `2^${Math.log2(most)}` },
  ]);
  values.forEach((value, i) =>
    svg.append(
      makeSvg("circle", { cx: x(i).toFixed(1), cy: y(value).toFixed(1), r: 1.6, class: "decrypted" }),
    ),
  );
  place(svg, left, "number 0", "start");
  place(svg, width, String(values.length - 1), "end");
  return make("figure", { class: "plot" }, make("figcaption", {}, title), svg);
}

/** An error of each step, measured and predicted, on a scale of powers of ten. */
export function errorPlot(
  steps: readonly { readonly name: string; readonly measured: number; readonly predicted?: number }[],
): HTMLElement {
  const all = steps
    .flatMap(({ measured, predicted }) => [measured, predicted ?? measured])
    .filter((each) => each > 0);
  const least = Math.floor(Math.log10(Math.min(...all, 1)));
  const most = Math.max(least + 1, Math.ceil(Math.log10(Math.max(...all, 1e-12))));
  const y = (value: number) =>
    top + (1 - (Math.log10(Math.max(value, 10 ** least)) - least) / (most - least)) * (height - top - bottom);
  const each = Math.max(1, Math.ceil((most - least) / 5));
  const powers = Array.from({ length: Math.floor((most - least) / each) + 1 }, (_, i) => least + i * each);
  const title = "Largest error of any slot, measured (dots) and predicted (dashes)";
  const svg = frame(
    `${title}: ${steps.map(({ name, measured }) => `${name} ${threeDigits(measured)}`).join(", ")}`,
    powers.map((power) => ({ at: y(10 ** power), text: `1e${power}`.replace("-", "−") })),
  );
  const x = (index: number) => left + ((index + 0.5) / steps.length) * (width - left);
  const half = Math.min(24, (width - left) / steps.length / 3);
  const points = steps.map(({ measured }, i) => `${x(i).toFixed(1)},${y(measured).toFixed(1)}`).join(" ");
  svg.append(makeSvg("polyline", { points, class: "growth" }));
  steps.forEach(({ measured, predicted }, i) => {
    if (predicted !== undefined) {
      svg.append(
        makeSvg("line", {
          x1: x(i) - half,
          x2: x(i) + half,
          y1: y(predicted),
          y2: y(predicted),
          class: "predicted-mark",
        }),
      );
    }
    svg.append(makeSvg("circle", { cx: x(i), cy: y(measured), r: 4.5, class: "decrypted" }));
    place(svg, x(i), String(i), "middle");
  });
  return make("figure", { class: "plot" }, make("figcaption", {}, title), svg);
}
