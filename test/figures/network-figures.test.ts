import { describe, expect, test } from "@jest/globals";
import type { ScatterData } from "plotly.js-dist-min";
import { diagonalCounts } from "../../src/figures/diagonal-method.js";
import { errorPerLayer } from "../../src/figures/error-per-layer.js";
import { growth } from "../../src/figures/growth.js";
import { medianOfLargest, predictedError } from "../../src/figures/predicted-error.js";
import { randomImages, randomNetwork } from "../../src/figures/random-network.js";
import type { FigureData, Repeated, ResearchFigure } from "../../src/figures/research-figure.js";
import { rotations } from "../../src/figures/rotations.js";
import { InputError } from "../../src/he-ml/errors.js";
import { linearLayer } from "../../src/he-ml/model/linear.js";
import { defineModel, modelForward } from "../../src/he-ml/model/model.js";
import { tensor } from "../../src/he-ml/tensor/tensor.js";
import { againstPrediction } from "../../src/viz/against-prediction.js";
import { countBars } from "../../src/viz/count-bars.js";
import { fewDecades } from "../../src/viz/log-axis.js";
import { seededRandom } from "../../src/train/random.js";

const twice = (a: number, b: number): Repeated => {
  const mean = (a + b) / 2;
  const half = Math.abs(a - b) * 6.353;
  return { values: [a, b], mean, standardDeviation: 0, confidence95: [mean - half, mean + half] };
};

/** Every row has a value for each column; every drawing is plain JSON with titled axes. */
function expectWhole<Data extends FigureData>(figure: ResearchFigure<Data>, data: Data): readonly string[] {
  const { columns, rows } = figure.table(data);
  expect(new Set(columns).size).toBe(columns.length);
  for (const row of rows) expect(row).toHaveLength(columns.length);
  const drawn = figure.draw(data);
  const panels = "data" in drawn ? [{ name: "", figure: drawn }] : drawn;
  for (const { figure } of panels) {
    expect(JSON.parse(JSON.stringify(figure))).toEqual(figure);
    expect(figure.layout.xaxis).toMatchObject({ title: { text: expect.stringMatching(/./) } });
    expect(figure.layout.yaxis).toMatchObject({ title: { text: expect.stringMatching(/./) } });
  }
  return panels.map(({ name }) => name);
}

function firstPanel<Data extends FigureData>(figure: ResearchFigure<Data>, data: Data) {
  const drawn = figure.draw(data);
  const { data: series } = "data" in drawn ? drawn : drawn[0].figure;
  return series as readonly Partial<ScatterData>[];
}

test("error per layer: a fused stage has its error at its last layer", () => {
  const errors = { maximum: twice(0.2, 0.3), rms: twice(0.1, 0.1) };
  const data = {
    exact: {
      networks: [{ network: "lenet1" as const, layers: ["conv1", "square1"] }],
      images: { fused: 2, batch: 64 },
    },
    measured: [
      {
        network: "lenet1" as const,
        packings: { fused: { square1: errors }, batch: { conv1: errors, square1: errors } },
      },
    ],
  };
  expect(expectWhole(errorPerLayer, data)).toEqual(["lenet1-maximum", "lenet1-rms"]);
  expect(errorPerLayer.table(data).rows).toHaveLength(6);
  expect(firstPanel(errorPerLayer, data).map(({ x }) => x)).toEqual([[1], [0, 1]]);
});

test("predicted error: each stage once for each statistic", () => {
  const predicted = { rms: 0.01, maximum: 0.03 };
  const data = {
    exact: {
      imagesEach: 1,
      networks: [{ network: "a", model: "a", stages: [{ name: "fc", values: 10, predicted }] }],
    },
    measured: [[{ rms: twice(0.011, 0.012), maximum: twice(0.02, 0.02) }]],
  };
  expect(expectWhole(predictedError, data)).toEqual(["rms", "maximum"]);
  expect(predictedError.table(data).rows).toHaveLength(2);
});

test("the largest of n normal numbers has the median that the error function gives", () => {
  // P(|X| ≤ 0.6745) = 1/2, and 0.5^(1/100) = 0.99309 = P(|X| ≤ 2.7010).
  expect(medianOfLargest(1)).toBeCloseTo(0.6745, 3);
  expect(medianOfLargest(100)).toBeCloseTo(2.701, 2);
});

test("rotations: none by hand leaves its place empty", () => {
  const network = {
    ...{ network: "mnist-small" as const, polyModulusDegree: 8192, byHand: null },
    ...{ planned: { kernel: 26, seal: 19 }, diagonals: { plain: 1274, babyGiant: 109 } },
  };
  const measured = [{ precisionBits: twice(8, 9), planMilliseconds: twice(1000, 1100) }];
  const data = { exact: { imagesEach: 1, networks: [network] }, measured };
  expect(expectWhole(rotations, data)).toEqual(["counts", "precision", "planning"]);
});

test("growth: three drawings for whatever grew", () => {
  const point = {
    ...{ grown: "precision" as const, relativeError: 0.01 },
    network: { size: 12, channels: 2, field: 3, depth: 1 },
    ...{ polyModulusDegree: 8192, coeffModulusBits: [50, 50, 50], rotations: 12, products: 30 },
    bytes: { input: 1e6, output: 1e5, evaluationKeys: 1e7 },
  };
  const data = { exact: [point], measured: [{ predictedMilliseconds: 9, milliseconds: twice(10, 12) }] };
  expect(expectWhole(growth, data)).toEqual(["precision-time", "precision-operations", "precision-bytes"]);
  expect(firstPanel(growth, data)[0].x![0]).toBeCloseTo(6.644, 3);
});

describe("the diagonal method", () => {
  const dense = (rows: number, columns: number, isThere: (row: number, column: number) => boolean) => {
    const weights = Array.from({ length: rows * columns }, (_, i) =>
      isThere(Math.floor(i / columns), i % columns) ? 1 + i : 0,
    );
    const layer = linearLayer({
      name: "fc",
      weights: tensor([rows, columns], weights),
      bias: tensor([rows], new Array<number>(rows).fill(0)),
    });
    return defineModel({ name: "dense", inputShape: [columns], layers: [layer] });
  };

  test("rotates for each difference of places that occurs, but none", () => {
    expect(
      diagonalCounts(
        dense(8, 8, (row, column) => row === column),
        64,
      ),
    ).toEqual({ plain: 0, babyGiant: 0 });
    expect(
      diagonalCounts(
        dense(8, 8, () => true),
        8,
      ),
    ).toEqual({ plain: 7, babyGiant: 4 });
    // Without a vector that repeats, places differ by −7 to 7.
    expect(
      diagonalCounts(
        dense(8, 8, () => true),
        64,
      ).plain,
    ).toBe(14);
  });

  test("takes about twice the root of the diagonals in baby and giant steps", () => {
    expect(
      diagonalCounts(
        dense(64, 64, () => true),
        64,
      ),
    ).toEqual({ plain: 63, babyGiant: 14 });
  });
});

test("random networks come again from the same numbers, with values of order one at any depth", () => {
  const shape = { size: 12, channels: 2, field: 3, depth: 3 };
  const random = seededRandom(7);
  const model = randomNetwork(shape, random);
  expect(randomNetwork(shape, seededRandom(7))).toEqual(model);
  const outputs = modelForward(model, randomImages(shape, 20, random));
  for (const { data } of outputs) {
    const meanSquare = data.reduce((sum, value) => sum + value * value, 0) / data.length;
    expect(meanSquare).toBeGreaterThan(0.01);
    expect(meanSquare).toBeLessThan(10);
  }
});

test("random networks refuse convolutions that leave nothing", () => {
  const shape = { size: 8, channels: 1, field: 5, depth: 2 };
  expect(() => randomNetwork(shape, seededRandom(1))).toThrow(/at least 9 pixels a side, got 8/);
});

describe("againstPrediction", () => {
  test("has axes with the same ends, and every point between them", () => {
    const points = [
      { predicted: 1e-3, measured: 2e-3 },
      { predicted: 1, measured: 0.5, interval: [-1, 2] as const },
    ];
    const { layout, data } = againstPrediction("Error", "rms error", [{ name: "a", points }]);
    expect(layout.xaxis!.range).toEqual(layout.yaxis!.range);
    expect(10 ** (layout.xaxis!.range![0] as number)).toBeLessThan(1e-3);
    expect(10 ** (layout.xaxis!.range![1] as number)).toBeGreaterThan(1);
    // A bar that would reach below 0 ends above it: there is no place for it.
    const { arrayminus } = (data.at(-1) as { error_y: { arrayminus: number[] } }).error_y;
    expect(arrayminus[1]).toBeLessThan(0.5);
  });

  test("refuses no points, and what a logarithmic axis has no place for", () => {
    expect(() => againstPrediction("Error", "error", [{ name: "a", points: [] }])).toThrow(InputError);
    const exact = [{ predicted: 1, measured: 0 }];
    expect(() => againstPrediction("Error", "error", [{ name: "a", points: exact }])).toThrow(
      /expected values above 0/,
    );
  });
});

test("within few decades a logarithmic axis has whole labels around all values", () => {
  expect(fewDecades([1e-4, 1])).toBeUndefined();
  expect(fewDecades([])).toBeUndefined();
  expect(fewDecades([18, 25])!.ticktext).toEqual(expect.arrayContaining(["18", "20"]));
  for (const values of [
    [18, 25],
    [2, 9],
    [3e-5, 2e-4],
    [7, 7],
    [4, 150],
  ]) {
    const { tickvals, ticktext } = fewDecades(values) as { tickvals: number[]; ticktext: string[] };
    expect(tickvals[0]).toBeLessThanOrEqual(values[0]);
    expect(tickvals.at(-1)).toBeGreaterThanOrEqual(values[1]);
    const within = tickvals.filter((tick) => tick >= 0.9 * values[0] && tick <= 1.1 * values[1]);
    expect(within.length).toBeGreaterThanOrEqual(1);
    expect(ticktext).toHaveLength(tickvals.length);
  }
  expect(fewDecades([3e-5, 2e-4])!.ticktext).toContain("5×10<sup>-5</sup>");
});

describe("countBars", () => {
  const places = { title: "network", names: ["a", "b"] };
  const bars = (values: (number | null)[], log = true) =>
    countBars({
      title: "Counts",
      places,
      counts: { title: "count", log },
      series: [{ name: "one", values }],
    });

  test("writes each count at its bar, and nothing where there is none", () => {
    expect(bars([12, null]).data[0]).toMatchObject({ y: [12, null], text: ["12", ""] });
  });

  test("refuses counts that are not one a place, none at all, and negative ones", () => {
    expect(() => bars([1])).toThrow(/expected a count for each of 2 places, got 1/);
    expect(() => bars([null, null])).toThrow(/expected counts from 0 on, got none/);
    expect(() => bars([1, -2])).toThrow(/got -2/);
  });

  test("takes counts of 0, also on a logarithmic axis", () => {
    expect(bars([0, 0]).layout.yaxis!.type).not.toBe("log");
    expect(bars([0, 5]).layout.yaxis!.type).toBe("log");
  });
});
