import { describe, expect, test } from "@jest/globals";
import type { BarData, ScatterData } from "plotly.js-dist-min";
import { measuredBars } from "../../src/viz/measured-bars.js";
import { measuredPlot } from "../../src/viz/measured-plot.js";

const axes = { title: "T", x: { title: "n", log: true }, y: { title: "s", log: true } } as const;

describe("measuredPlot", () => {
  test("draws points with their intervals, a bar's length on either side", () => {
    const series = { name: "a", x: [1, 2], y: [10, 20], interval: [[9, 12], null] as const };
    const [drawn] = measuredPlot([series], axes).data as Partial<ScatterData>[];
    expect(drawn).toMatchObject({ mode: "lines+markers", x: [1, 2], y: [10, 20] });
    expect(drawn.error_y).toMatchObject({ array: [2, 0], arrayminus: [1, 0], symmetric: false });
  });

  test("ends bars within a decade of the value on a logarithmic axis, and lets them be on others", () => {
    const series = {
      name: "a",
      x: [1],
      y: [10],
      interval: [[-5, 1000]] as const,
      across: [[-1, 3]] as const,
    };
    const ends = (options: Parameters<typeof measuredPlot>[1]) => {
      const { error_x, error_y } = measuredPlot([series], options).data[0] as ScatterData;
      return [error_x, error_y].map((bar) => bar as unknown as { array: number[]; arrayminus: number[] });
    };
    const [x, y] = ends(axes);
    expect([x.arrayminus, x.array, y.arrayminus, y.array]).toEqual([[0.9], [2], [9], [90]]);
    const [across, interval] = ends({ ...axes, x: { title: "n" }, y: { title: "s" } });
    expect([across.arrayminus, interval.arrayminus, interval.array]).toEqual([[2], [15], [990]]);
  });

  test("tells curves, points and what others published apart, and names places", () => {
    const curve = { name: "a", x: [0, 1], y: [1, 2], drawn: "curve" } as const;
    const others = { ...curve, drawn: "points", open: true, labels: ["<b>", ""] } as const;
    const { data, layout } = measuredPlot([curve, others], { ...axes, x: { title: "n", names: ["p", "q"] } });
    const [line, points] = data as ScatterData[];
    expect(line.mode).toBe("lines");
    expect(points).toMatchObject({ mode: "markers+text", text: ["&lt;b&gt;", ""] });
    expect(points.marker!.symbol).toBe("square-open");
    expect(layout.xaxis).toMatchObject({ tickvals: [0, 1], ticktext: ["p", "q"] });
  });

  test("refuses nothing to draw, and lists of unequal lengths", () => {
    expect(() => measuredPlot([], axes)).toThrow("at least one series");
    expect(() => measuredPlot([{ name: "a", x: [1], y: [] }], axes)).toThrow(
      '"a": expected y for each of 1 x, got 0',
    );
    expect(() => measuredPlot([{ name: "a", x: [1], y: [1], interval: [] }], axes)).toThrow(
      "expected interval",
    );
  });
});

describe("measuredBars", () => {
  const options = { title: "T", caption: "c", axis: "MB" };

  test("draws values from 0 on, with their intervals", () => {
    const { data, layout } = measuredBars(
      [
        { label: "a", value: 3, interval: [2, 5] },
        { label: "b", value: 1 },
      ],
      options,
    );
    const [bars] = data as Partial<BarData>[];
    expect(bars).toMatchObject({ x: [3, 1], y: ["a", "b"] });
    expect(bars.error_x).toMatchObject({ array: [2, 0], arrayminus: [1, 0] });
    expect(layout.xaxis).toMatchObject({ rangemode: "tozero", title: { text: "MB" } });
  });

  test("refuses nothing to draw, and what is no number", () => {
    expect(() => measuredBars([], options)).toThrow("at least one bar");
    expect(() => measuredBars([{ label: "a", value: NaN }], options)).toThrow("expected finite numbers");
  });
});
