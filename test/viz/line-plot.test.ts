import { describe, expect, test } from "@jest/globals";
import type { ScatterData } from "plotly.js-dist-min";
import { linePlot } from "../../src/viz/line-plot.js";
import { logAxis } from "../../src/viz/log-axis.js";

describe("logAxis", () => {
  test.each([
    [[1, 4], "D1"],
    [[1e-3, 2e-2, null, 0], "D2"],
    [[1e-4, Infinity, 1e-2], 1],
  ])("labels %p at %p", (values, dtick) => {
    expect(logAxis(values)).toEqual({ type: "log", exponentformat: "power", dtick });
  });
});

describe("linePlot", () => {
  const axes = {
    title: "A<b>",
    x: { title: "x", ticks: [1, 4] },
    y: { title: "y", log: true, range: [1, 100] },
  } as const;
  const line = { name: "a<b>", x: [1, 2, 4], y: [1, null, 16] };

  test("draws curves and points, each in its own look, names as text", () => {
    const { data, layout } = linePlot([line, { ...line, points: true }], axes);
    const [curve, points] = data as Partial<ScatterData>[];
    expect(curve).toMatchObject({
      mode: "lines",
      name: "a&lt;b&gt;",
      x: [1, 2, 4],
      y: [1, null, 16],
      connectgaps: false,
    });
    expect(points.mode).toBe("markers");
    expect(points.marker!.color).not.toBe(curve.line!.color);
    expect(layout).toMatchObject({
      title: { text: "A&lt;b&gt;" },
      xaxis: { tickvals: [1, 4] },
      yaxis: { type: "log", range: [0, 2] },
    });
  });

  test("refuses none, and a series without a y for each x", () => {
    expect(() => linePlot([], axes)).toThrow("expected at least one series, got none");
    expect(() => linePlot([{ ...line, y: [1] }], axes)).toThrow(
      '"a<b>": expected one y for each of 3 x, got 1',
    );
  });
});
