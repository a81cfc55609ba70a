import { describe, expect, test } from "@jest/globals";
import type { BarData, ScatterData } from "plotly.js-dist-min";
import { InputError } from "../../src/he-ml/errors.js";
import { testReportSchema } from "../../src/he-ml/parameters-tester/test-report.js";
import { adviceReportSchema } from "../../src/he-ml/parameters-tester/advice.js";
import type { Figure } from "../../src/viz/figure.js";
import { errorOverScale } from "../../src/viz/parameters/error-over-scale.js";
import { paretoFront } from "../../src/viz/parameters/pareto-front.js";
import { sweepHeatMap } from "../../src/viz/parameters/sweep-heat-map.js";
import { sweepTradeOffs } from "../../src/viz/parameters/sweep-trade-offs.js";
import { testedLayers } from "../../src/viz/parameters/tested-layers.js";
import { thrownBy } from "../he-ml/support.js";
import { moved } from "./slider.js";
import { advice, bfvSet, grid, reportOf, sweep, testedSet } from "./tested.js";

const scatters = ({ data }: Figure) => data as Partial<ScatterData>[];
const refusal = (call: () => unknown) => {
  const error = thrownBy(call);
  expect(error).toBeInstanceOf(InputError);
  return (error as Error).message;
};

const figures: Readonly<Record<string, Figure>> = {
  errorOverScale: errorOverScale(sweep),
  testedLayers: testedLayers(reportOf([testedSet({ scale: 20, error: 0.1 }), bfvSet])),
  sweepHeatMap: sweepHeatMap(grid),
  paretoFront: paretoFront(advice),
  sweepTradeOffs: sweepTradeOffs(sweep, [1, 10]),
};

test("the reports drawn here have the form of real ones", () => {
  for (const report of [sweep, grid, reportOf([bfvSet])])
    expect(() => testReportSchema.parse(report)).not.toThrow();
  expect(() => adviceReportSchema.parse(advice)).not.toThrow();
});

test.each(Object.entries(figures))("%s is plain JSON with a title", (_, figure) => {
  expect(JSON.parse(JSON.stringify(figure))).toEqual(figure);
  expect(figure.layout.title).toMatchObject({ text: expect.stringMatching(/\w/) });
});

test.each([
  ["errorOverScale", errorOverScale],
  ["testedLayers", testedLayers],
  ["sweepHeatMap", sweepHeatMap],
  ["paretoFront", paretoFront],
])("%s refuses what is no report of its own, and one with nothing in it", (name, make) => {
  const draw = make as (report: unknown) => Figure;
  for (const wrong of [
    undefined,
    null,
    {},
    [],
    "report",
    { format: "he-ml parameter test" },
    { format: "he-ml advice" },
  ]) {
    expect(refusal(() => draw(wrong))).toMatch(new RegExp(`^${name}: expected the report of `));
  }
  const empty = name === "paretoFront" ? { ...advice, points: [] } : reportOf([]);
  expect(refusal(() => draw(empty))).toMatch(new RegExp(`^${name}: expected .*, got none`));
});

describe("errorOverScale", () => {
  test("a line for sets that are alike, in the order of their scales, with the error as it was measured", () => {
    const [batch, packed, failed] = scatters(figures.errorOverScale);
    expect([batch.x, batch.y]).toEqual([
      [16, 18, 20, 22],
      [0.4, 0.9, 0.02, 0.001],
    ]);
    expect([packed.x, packed.y]).toEqual([
      [20, 22],
      [0.05, 0.01],
    ]);
    expect(failed.x).toEqual([26]);
    expect((failed.text as string[])[0]).toContain("too short &lt;here&gt;");
    expect(figures.errorOverScale.layout.yaxis).toMatchObject({ type: "log" });
  });

  test("sets whose answers changed are open", () => {
    expect(scatters(figures.errorOverScale)[0].marker!.symbol).toEqual([
      "circle",
      "circle-open",
      "circle",
      "circle",
    ]);
  });

  test("refuses sets that have no scale", () => {
    expect(refusal(() => errorOverScale(reportOf([bfvSet])))).toMatch(/expected sets with a scale, got none/);
  });
});

describe("testedLayers", () => {
  test("error above, and what is left below, from the input on; an error of 0 has no place", () => {
    const [error, room, bfvError, bfvRoom] = scatters(figures.testedLayers);
    expect([error.x, error.y]).toEqual([
      ["conv", "fc"],
      [0.1 / 16, 0.1],
    ]);
    expect([room.x, room.y]).toEqual([
      ["input", "conv", "fc"],
      [90, 74, 20],
    ]);
    expect(bfvError.y).toEqual([1e-3, 1e-3, null]);
    expect([bfvRoom.x, bfvRoom.y]).toEqual([
      ["input", "conv", "re-encryption", "re-encryption (2)"],
      [70, 40, 70, 70],
    ]);
    expect(bfvRoom.name).toMatch(/\(failed\)$/);
    expect(figures.testedLayers.layout.xaxis).toMatchObject({
      categoryarray: ["input", "conv", "re-encryption", "re-encryption (2)", "fc"],
    });
  });

  test("says what is below by the schemes that there are", () => {
    const title = (figure: Figure) => (figure.layout.yaxis2 as { title: { text: string } }).title.text;
    expect(title(figures.testedLayers)).toMatch(/budget or.*headroom/);
    expect(title(testedLayers(reportOf([bfvSet])))).toBe("noise budget (bits)");
    expect(title(testedLayers(sweep))).toBe("headroom (bits)");
  });
});

describe("sweepHeatMap", () => {
  test("a cell for each set that is done, a cross with its reason for each that failed", () => {
    const [heat, failed] = figures.sweepHeatMap.data as [Partial<BarData>, Partial<ScatterData>];
    expect([heat.x, heat.base]).toEqual([
      [0, 0, 1, 1, 2],
      [-0.5, 0.5, -0.5, 0.5, -0.5],
    ]);
    expect(heat.marker!.color).toEqual([-6, -6, -8, -8, -12].map(toLog));
    expect([failed.x, failed.y]).toEqual([[2], [1]]);
    expect((failed.text as string[])[0]).toContain("too short");
    expect(figures.sweepHeatMap.layout.xaxis).toMatchObject({ ticktext: ["16", "18", "22"] });
  });

  test("takes other parameters, and refuses those that it does not know", () => {
    const byDegree = sweepHeatMap(reportOf([testedSet({ scale: 20, error: 0.1 })]), {
      y: "poly_modulus_degree",
    });
    expect(byDegree.layout.yaxis).toMatchObject({ ticktext: ["8192"] });
    expect(refusal(() => sweepHeatMap(grid, { x: "levels" as never }))).toMatch(
      /^sweepHeatMap: expected one of scale_bits, .* got "levels"/,
    );
  });

  test("refuses two sets for one place", () => {
    expect(refusal(() => sweepHeatMap(sweep))).toMatch(
      /expected one set for each place, got two with scale_bits 20 and weight_scale_bits 16/,
    );
  });
});

const toLog = (power: number) => Math.log10(2 ** power);

describe("paretoFront", () => {
  test("what the goal makes small over the error, the recommended one on top", () => {
    const series = scatters(figures.paretoFront);
    expect(series.map(({ name, x, y }) => [name, x, y])).toEqual([
      ["not as precise as asked for", [40], [0.05]],
      ["beaten by another", [90], [0.003]],
      ["worth taking", [10_000], [0.0005]],
      ["recommended", [80], [0.002]],
    ]);
    expect((series[1].text as string[])[0]).toContain("beaten by fast");
    expect((series[0].text as string[])[0]).toContain("asked for 1 %");
    expect(series[2].marker!.symbol).toEqual(["square"]);
  });

  test("by another goal, another axis", () => {
    const each = paretoFront({ ...advice, goal: "throughput" });
    expect(scatters(each)[2].x).toEqual([2.5]);
    expect(scatters(paretoFront({ ...advice, goal: "upload" }))[2].x).toEqual([0.04]);
  });
});

test("sweepTradeOffs: packed images cost one by one, a batch costs the same up to its slots, and no set lies below the stair", () => {
  const report = reportOf([
    testedSet({ scale: 20, error: 0.1, packing: "packed" }),
    testedSet({ scale: 21, error: 0.01 }),
    testedSet({ scale: 22, error: 0.3 }),
    testedSet({ scale: 30 }),
  ]);
  const figure = sweepTradeOffs(report, [1, 4096, 5000]);
  const shown = (step: number) =>
    scatters(moved(figure, step)).map(({ name, x, y, xaxis }) => ({ name, x, y, xaxis }));
  expect(shown(0)).toEqual([
    { name: "beaten by none", x: [0.1, 2], y: [0.1, 0.01], xaxis: "x" },
    { name: "packed", x: [0.1], y: [0.1], xaxis: "x" },
    { name: "batch", x: [2, 2], y: [0.01, 0.3], xaxis: "x" },
    { name: "beaten by none", x: [11, 160], y: [0.1, 0.01], xaxis: "x2" },
    { name: "packed", x: [11], y: [0.1], xaxis: "x2" },
    { name: "batch", x: [160, 160], y: [0.01, 0.3], xaxis: "x2" },
  ]);
  expect(shown(1)[0]).toMatchObject({ x: [2], y: [0.01] });
  expect(shown(1)[1]).toMatchObject({ x: [409.6] });
  expect(shown(2)[2]).toMatchObject({ x: [4, 4] });
});

test("sweepTradeOffs refuses a report in which nothing ran, and counts that are none", () => {
  expect(refusal(() => sweepTradeOffs(reportOf([testedSet({ scale: 30 })]), [1]))).toMatch(
    /^sweepTradeOffs: expected a set that ran, got none; see the sets' reasons$/,
  );
  for (const counts of [[], [0], [1.5], 3]) {
    expect(refusal(() => sweepTradeOffs(sweep, counts as number[]))).toMatch(
      /expected whole numbers of images/,
    );
  }
});
