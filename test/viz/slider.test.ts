import { describe, expect, test } from "@jest/globals";
import { InputError } from "../../src/he-ml/errors.js";
import { encodingError } from "../../src/viz/ckks/encoding-error.js";
import { noiseHistogram } from "../../src/viz/ckks/noise-histogram.js";
import { polynomialBars } from "../../src/viz/ckks/polynomial-bars.js";
import { scaleAndModulus } from "../../src/viz/ckks/scale-and-modulus.js";
import { securityLimits } from "../../src/viz/ckks/security-limits.js";
import type { Figure } from "../../src/viz/figure.js";
import { withSlider } from "../../src/viz/slider.js";
import { encodingSweeps, noiseSteps, polynomialSteps, scaleSteps, securityPoints } from "./ckks-data.js";
import { moved, sliderOf } from "./slider.js";

type Make = (start: number) => Figure;
const withSliders: readonly (readonly [name: string, steps: number, make: Make])[] = [
  ["encodingError", encodingSweeps[0].steps.length, (start) => encodingError(encodingSweeps, start)],
  ["noiseHistogram", noiseSteps.length, (start) => noiseHistogram(noiseSteps, start)],
  ["scaleAndModulus", scaleSteps.length, (start) => scaleAndModulus(scaleSteps, start)],
  ["securityLimits", securityPoints.length, (start) => securityLimits(securityPoints, start)],
  ["polynomialBars", polynomialSteps.length, (start) => polynomialBars(97, polynomialSteps, start)],
];

describe.each(withSliders)("the slider of %s", (_, count, make) => {
  const first = make(0);

  test("has a step for each of the sweep", () => {
    expect(sliderOf(first).steps).toHaveLength(count);
    expect(sliderOf(make(count - 1)).active).toBe(count - 1);
  });

  test("shows at each step what the figure that starts there shows, and no two steps the same", () => {
    const shown = Array.from({ length: count }, (_, step) => moved(first, step));
    shown.forEach((figure, step) => expect(figure).toEqual(moved(make(step), step)));
    shown.forEach((figure, step) => expect(figure.data).toEqual(make(step).data));
    expect(new Set(shown.map(({ data }) => JSON.stringify(data))).size).toBe(count);
    expect(new Set(shown.map(({ layout }) => JSON.stringify(layout.title))).size).toBe(count);
  });

  test("leaves from every place to every other", () => {
    const there = moved(first, count - 1);
    expect(moved(there, 0)).toEqual(first);
  });
});

describe("withSlider", () => {
  const figure = (y: number, name: string): Figure => ({
    data: [{ type: "bar", x: [0], y: [y], marker: { color: name } }],
    layout: { title: { text: "same" }, shapes: y > 1 ? [{ type: "line" }] : [] },
  });
  const steps = [
    { label: "a", figure: figure(1, "red") },
    { label: "b", figure: figure(2, "blue") },
  ];

  test("carries what differs and nothing else, under the paths that plotly takes", () => {
    const { steps: places, currentvalue } = sliderOf(withSlider("letter:", steps));
    expect(currentvalue!.prefix).toBe("letter: ");
    expect(places!.map(({ label, method }) => `${label} ${method}`)).toEqual(["a update", "b update"]);
    expect(places![1].args).toEqual([{ y: [[2]], "marker.color": ["blue"] }, { shapes: [{ type: "line" }] }]);
  });

  test("takes away what a step has not", () => {
    const hidden = { data: [{ y: [1], opacity: 0.5 }], layout: {} };
    const plain = { data: [{ y: [1] }], layout: {} };
    const { steps: places } = sliderOf(
      withSlider("s:", [
        { label: "0", figure: hidden },
        { label: "1", figure: plain },
      ]),
    );
    expect(places![1].args).toEqual([{ opacity: [null] }, {}]);
  });

  test("of one step is the figure without a slider", () => {
    expect(withSlider("letter:", steps.slice(0, 1))).toEqual(steps[0].figure);
  });

  test.each([-1, 2, 0.5, NaN])("refuses to start at %p", (start) => {
    expect(() => withSlider("letter:", steps, start)).toThrow(InputError);
    expect(() => withSlider("letter:", steps, start)).toThrow(`expected a start from 0 to 1, got ${start}`);
  });

  test("refuses no steps, and steps with other series", () => {
    expect(() => withSlider("letter:", [])).toThrow("withSlider: expected at least one step, got none");
    const more = { label: "c", figure: { ...steps[0].figure, data: [] } };
    expect(() => withSlider("letter:", [...steps, more])).toThrow(
      "expected 1 series in each step, got 0 in step 2",
    );
  });
});
