import { describe, expect, test } from "@jest/globals";
import type { BarData, ScatterData } from "plotly.js-dist-min";
import { accuracyLatency } from "../../src/figures/accuracy-latency.js";
import { batchSize } from "../../src/figures/batch-size.js";
import { concurrentImages } from "../../src/figures/concurrent-images.js";
import { encryptedAccuracy, wilson } from "../../src/figures/encrypted-accuracy.js";
import { noise } from "../../src/figures/noise.js";
import { operationKeys, predictedDepth, predictedOperations } from "../../src/figures/noise-circuits.js";
import { observeDepth, observeOperations } from "../../src/figures/noise-observed.js";
import { phases } from "../../src/figures/phases.js";
import type { FigureData, FigureTable, ResearchFigure } from "../../src/figures/research-figure.js";
import { rounded } from "../../src/figures/rounded-model.js";
import { squareNetworkName, untrained } from "../../src/figures/square-networks.js";
import { tensor } from "../../src/he-ml/tensor/tensor.js";
import type { Figure } from "../../src/viz/figure.js";
import { seededRandom } from "../../src/train/random.js";

const repeated = (mean: number) => ({
  values: [mean],
  mean,
  standardDeviation: 0.1 * mean,
  confidence95: [0.8 * mean, 1.2 * mean] as const,
});

const facts = {
  model: "lenet1",
  polyModulusDegree: 8192,
  coeffModulusBits: [50, 50, 50, 50],
  scaleBits: 21,
  security: 128,
  rotationKeys: 0,
  bytes: { input: 2e6, output: 1e6, evaluationKeys: 5e6 },
} as const;

/** The rows, each as an object; fails unless each has a cell for each column. */
function rowsOf({ columns, rows }: FigureTable): Record<string, unknown>[] {
  for (const row of rows) expect(row).toHaveLength(columns.length);
  return rows.map((row) => Object.fromEntries(columns.map((column, i) => [column, row[i]])));
}

/** Draws from what JSON holds of the data, and gives the panels by their names. */
function panelsOf<Data extends FigureData>(figure: ResearchFigure<Data>, data: Data): Record<string, Figure> {
  const drawn = figure.draw(JSON.parse(JSON.stringify(data)) as Data);
  return Object.fromEntries(
    "data" in drawn ? [["", drawn]] : drawn.map(({ name, figure: panel }) => [name, panel]),
  );
}

const traces = ({ data }: Figure) => data as (ScatterData & { readonly x: number[]; readonly y: number[] })[];

describe("noise", () => {
  const small = {
    evaluator: "kernel",
    polyModulusDegree: 4096,
    coeffModulusBits: [36, 36, 37],
    scaleBits: 20,
  } as const;

  test("of operations is predicted to a quarter of a bit", async () => {
    const predicted = predictedOperations(small);
    const observed = await observeOperations(small, { trials: 1, random: seededRandom(1) });
    for (const key of operationKeys) {
      expect([key, Math.abs(observed[key] - Math.log2(predicted[key])) < 0.25]).toEqual([key, true]);
    }
  });

  test("of squares is predicted to a quarter of a bit", async () => {
    const given = { ...small, scaleBits: 34 };
    const observed = await observeDepth(given, { trials: 1, random: seededRandom(1) });
    const predicted = predictedDepth(given).map(Math.log2);
    expect(Object.keys(observed)).toHaveLength(predicted.length);
    predicted.forEach((bits, depth) => expect(Math.abs(observed[depth] - bits)).toBeLessThan(0.25));
  });

  test("stands observed against predicted", () => {
    const predictedBits = Object.fromEntries(operationKeys.map((key, i) => [key, i + 1]));
    const observed = Object.fromEntries(operationKeys.map((key, i) => [key, repeated(i + 1.5)]));
    const data = {
      exact: {
        trials: { operations: 10, depth: 4 },
        keys: 2,
        operations: [{ ...small, predictedBits }],
        depth: [{ ...small, predictedBits: { 0: 7, 1: 9 } }],
      },
      measured: { operations: [observed], depth: [{ 0: repeated(7), 1: repeated(10) }] },
    };
    const rows = rowsOf(noise.table(data));
    expect(rows).toHaveLength(operationKeys.length + 2);
    expect(rows[1]).toMatchObject({
      operation: "add",
      products: null,
      predicted_bits: 2,
      observed_bits: 2.5,
      trials: 10,
    });
    expect(rows.at(-1)).toMatchObject({ operation: "square", products: 1, observed_bits: 10, trials: 4 });
    const panels = panelsOf(noise, data);
    expect(Object.keys(panels)).toEqual(["against-predicted", "difference", "depth"]);
    expect(traces(panels["against-predicted"])[1]).toMatchObject({ x: [2], y: [2.5] });
    expect(traces(panels.difference)[0].y).toEqual(operationKeys.map(() => 0.5));
    expect(traces(panels.depth).map(({ y }) => y)).toEqual([
      [7, 9],
      [7, 10],
    ]);
  });
});

describe("concurrent-images", () => {
  const packed = { ...facts, packing: "packed", imagesAtOnce: 1, images: [1, 8] } as const;
  const batch = { ...facts, packing: "batch", imagesAtOnce: 4096, images: [4096] } as const;

  test("goes on in proportion, in steps of a batch, and marks where batch overtakes packed", () => {
    const data = {
      exact: { cases: [packed, batch] },
      measured: { seconds: [[repeated(0.1), repeated(0.4)], [repeated(20)]] },
    };
    const figure = panelsOf(concurrentImages, data)[""];
    const [line, , steps] = traces(figure);
    expect(line.y[line.x.indexOf(8)]).toBeCloseTo(0.4);
    expect([4096, 4097].map((images) => steps.y[steps.x.indexOf(images)])).toEqual([20, 40]);
    expect(traces(figure).at(-1)).toMatchObject({ x: [400], y: [20] });
    expect(figure.layout.title).toMatchObject({ text: expect.stringContaining("from 400 images on") });
    expect(rowsOf(concurrentImages.table(data)).map(({ system, images }) => [system, images])).toEqual([
      ["HE-ML", 1],
      ["HE-ML", 8],
      ["HE-ML", 4096],
      ["UniHENN", 1],
      ["PyCrCNN", 1],
    ]);
  });

  test("marks no crossing where batch overtakes in none of its slots, and none of one packing", () => {
    const names = (
      cases: readonly (typeof packed | typeof batch)[],
      seconds: ReturnType<typeof repeated>[][],
    ) =>
      traces(panelsOf(concurrentImages, { exact: { cases }, measured: { seconds } })[""]).map(
        ({ name }) => name,
      );
    const slow = [[repeated(0.001), repeated(0.008)], [repeated(20)]];
    expect(names([packed, batch], slow)).not.toContain("crossing");
    expect(names([packed], slow.slice(0, 1))).not.toContain("crossing");
  });
});

describe("batch-size", () => {
  const data = {
    exact: {
      cases: [
        { ...facts, model: "mnist-small", packing: "batch", imagesAtOnce: 4096, sizes: [1, 4096] },
        { ...facts, model: "mnist-small", packing: "packed", imagesAtOnce: 1, sizes: [4] },
      ],
    },
    measured: {
      milliseconds: [1, 1, 0.25]
        .map((share) => ({
          encrypt: repeated(200 * share),
          evaluate: repeated(700 * share),
          decrypt: repeated(100 * share),
          total: { ...repeated(1000 * share), confidence95: [-100, 2100 * share] },
        }))
        .reduce<unknown[][]>(
          (cases, one, i) => (i < 2 ? [[...(cases[0] ?? []), one]] : [...cases, [one]]),
          [],
        ),
    },
  } as unknown as Parameters<typeof batchSize.table>[0];

  test("counts predictions an hour, and bytes of as many requests as a batch takes", () => {
    const rows = rowsOf(batchSize.table(data));
    expect(rows.map((row) => row.predictions_per_hour)).toEqual([3600, 3600 * 4096, 57600, 59000]);
    expect(rows.map((row) => row.up_bytes)).toEqual([2e6, 2e6, 8e6, null]);
  });

  test("draws latency, throughput, time and bytes, also of intervals that reach below 0", () => {
    const panels = panelsOf(batchSize, data);
    expect(Object.keys(panels)).toEqual(["latency", "throughput", "phases", "megabytes"]);
    const [, , cryptoNets] = traces(panels.throughput);
    expect(cryptoNets).toMatchObject({ x: [4096], y: [59000] });
    const bars = traces(panels.throughput)[0].error_y as unknown as { array: number[] };
    expect(bars.array).toEqual([9 * 3600, 9 * 3600 * 4096]);
    expect((panels.megabytes.data as BarData[]).map(({ x }) => x)).toEqual([
      [5, 5],
      [2, 8],
      [1, 4],
    ]);
  });
});

describe("phases", () => {
  test("stacks times by packing, and bytes and memory of all", () => {
    const { peakBytes, ...times } = {
      keys: 1,
      compile: 2,
      encode: 3,
      encrypt: 4,
      evaluate: 5,
      decrypt: 6,
      peakBytes: 3e8,
    };
    const measured = Object.fromEntries(
      Object.entries({ ...times, peakBytes }).map(([key, value]) => [key, repeated(value)]),
    );
    const data = {
      exact: {
        cases: [
          { ...facts, packing: "packed", imagesAtOnce: 1, images: 1 },
          { ...facts, packing: "batch", imagesAtOnce: 4096, images: 4096 },
        ],
      },
      measured: { cases: [measured, measured] },
    } as unknown as Parameters<typeof phases.table>[0];
    expect(rowsOf(phases.table(data))[1]).toMatchObject({
      images: 4096,
      encode_ms: 3,
      peak_memory_bytes: 3e8,
    });
    const panels = panelsOf(phases, data);
    expect(Object.keys(panels)).toEqual(["time-packed", "time-batch", "megabytes", "memory"]);
    expect((panels["time-packed"].data as BarData[]).map(({ x }) => x)).toEqual(
      Object.values(times).map((value) => [value / 1000]),
    );
    expect((panels.memory.data[0] as BarData).x).toEqual([300, 300]);
  });
});

describe("accuracy-latency", () => {
  test("joins each family in its order, and leaves out one that is not there", () => {
    const networks = [4, 1].map((channels) => ({ channels, hidden: null, parameters: 700 * channels }));
    const data = {
      exact: { trainImages: 10, testImages: 10, epochs: 1, networks },
      measured: {
        networks: [
          { accuracy: 0.97, milliseconds: repeated(20) },
          { accuracy: 0.94, milliseconds: repeated(10) },
        ],
      },
    };
    const [ours, ...others] = traces(panelsOf(accuracyLatency, data)[""]);
    expect(ours).toMatchObject({ x: [20, 10], y: [97, 94], text: ["4", "1"] });
    expect(others.map(({ name }) => name)).toEqual(["LoLa-Small, published", "LoLa, published"]);
    expect(rowsOf(accuracyLatency.table(data))[0]).toMatchObject({ channels: 4, test_accuracy_percent: 97 });
  });

  test("has networks whose weights the seed decides, of mnist-small's size where they have its layers", () => {
    const network = { channels: 4, hidden: 64 };
    const [a, b] = [1, 1].map((seed) => untrained(network, seededRandom(seed)));
    expect(a).toEqual(b);
    expect(a.layers.map(({ kind }) => kind)).toEqual([
      "convolutional",
      "square",
      "flatten",
      "linear",
      "square",
      "linear",
    ]);
    expect(squareNetworkName(network)).toBe("4·64");
  });
});

describe("encrypted-accuracy", () => {
  test("has what is there of each network", () => {
    const data = {
      exact: {
        images: 100,
        networks: [
          { name: "tanh", plain: 99, rounded: null },
          { name: "squares", plain: 98, rounded: 97 },
        ],
        programs: [],
      },
      measured: { encrypted: { squares: { correct: 96, flips: 2, largestError: 0.1 } } },
    };
    expect(
      rowsOf(encryptedAccuracy.table(data)).map(({ network, computed, flips_images }) => [
        network,
        computed,
        flips_images,
      ]),
    ).toEqual([
      ["tanh", "plain", null],
      ["squares", "plain", null],
      ["squares", "rounded", null],
      ["squares", "encrypted", 2],
    ]);
    expect(traces(panelsOf(encryptedAccuracy, data)[""]).map(({ y }) => y)).toEqual([[1, 2], [3], [4]]);
  });

  test("gives Wilson's interval: of none, from 0 to z² / (n + z²)", () => {
    const [none, most] = wilson(0, 10);
    expect(none).toBeCloseTo(0);
    expect(most).toBeCloseTo(1.959964 ** 2 / (10 + 1.959964 ** 2));
    const [low, high] = wilson(5, 10);
    expect(low + high).toBeCloseTo(1);
  });

  test("rounds as encoding does", () => {
    expect([...rounded(tensor([3], [0.3, -0.3, 0.25]), 2).data]).toEqual([0.25, -0.25, 0.25]);
  });
});
