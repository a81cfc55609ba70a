import { machineCosts } from "../he-ml/node/calibration/machine-costs.js";
import { TimedProgram } from "../he-ml/node/timed-program.js";
import { parametersSpec } from "../he-ml/crypto/parameters.js";
import { explain } from "../he-ml/program/explain.js";
import { compileAlike } from "./mnist-networks.js";
import type { GrowthData, GrowthPoint, Grown, PlannedGrowth, TimedGrowth } from "./growth-data.js";
import { growthFigures } from "./growth-drawing.js";
import { randomImages, randomNetwork, type RandomNetwork } from "./random-network.js";
import type { FigureRun, ResearchFigure } from "./research-figure.js";

const base: RandomNetwork = { size: 12, channels: 2, field: 3, depth: 1 };
const usualError = 0.01;

function pointsOf(quick: boolean): GrowthPoint[] {
  const of = (grown: Grown, networks: readonly Partial<RandomNetwork>[]) =>
    networks.map((part) => ({ grown, network: { ...base, ...part }, relativeError: usualError }));
  if (quick) return of("size", [{ size: 6 }, { size: 8 }]);
  return [
    ...of(
      "size",
      [8, 12, 16, 20, 24, 28].map((size) => ({ size })),
    ),
    ...of(
      "channels",
      [1, 2, 4, 8].map((channels) => ({ channels })),
    ),
    ...of(
      "depth",
      [1, 2, 3].map((depth) => ({ depth })),
    ),
    ...[1e-1, 1e-2, 1e-3, 1e-4, 1e-5].map((relativeError) => {
      return { grown: "precision" as const, network: base, relativeError };
    }),
  ];
}

/** How time, rotations and bytes grow with a network, and what was predicted. */
export const growth: ResearchFigure<GrowthData> = {
  name: "growth",
  title: "Growth with image size, channels, depth and precision",
  caption:
    "Time of one encrypted, packed inference on one thread (warm; each value the least of 5), rotations and products, and bytes that travel, for a random network that " +
    "grows in one respect at a time from 12×12 pixels, 1 convolution of 2 channels of 3×3, square, and 10 outputs, at an error of 1 %. Plans made with typical costs; " +
    "times predicted from what single operations take on the same machine. Means over runs and their 95 % confidence intervals.",

  async measure(run) {
    const exact: PlannedGrowth[] = [];
    const measured: TimedGrowth[] = [];
    for (const point of pointsOf(run.quick)) {
      const { planned, timed } = await measurePoint(run, point);
      exact.push(planned);
      measured.push(timed);
    }
    return { exact, measured };
  },

  table: ({ exact, measured }) => ({
    columns: [
      ...["grown", "size_pixels", "channels_count", "depth_convolutions", "error_relative"],
      ...["N", "coefficient_modulus_bits", "rotations_count", "products_count"],
      ...["input_bytes", "output_bytes", "evaluation_keys_bytes"],
      ...["predicted_ms", "time_ms", "time_low_95_ms", "time_high_95_ms", "repeats_count"],
    ],
    rows: exact.map((point, i) => {
      const { network, bytes, coeffModulusBits } = point;
      const { predictedMilliseconds, milliseconds } = measured[i];
      return [
        ...[point.grown, network.size, network.channels, network.depth, point.relativeError],
        ...[point.polyModulusDegree, coeffModulusBits.reduce((sum, bits) => sum + bits, 0)],
        ...[point.rotations, point.products, bytes.input, bytes.output, bytes.evaluationKeys],
        ...[predictedMilliseconds, milliseconds.mean, ...milliseconds.confidence95],
        milliseconds.values.length,
      ];
    }),
  }),

  draw: growthFigures,
};

const evaluationsTimed = 5;

async function measurePoint(run: FigureRun, point: GrowthPoint) {
  const { grown, network, relativeError } = point;
  const value = grown === "precision" ? relativeError : network[grown];
  const random = run.random(`${grown} ${value}`);
  const model = randomNetwork(network, random);
  const image = randomImages(network, 1, random);
  const program = await compileAlike(model, { relativeError });
  const { totals, bytes } = explain(program);
  const { polyModulusDegree, coeffModulusBits } = parametersSpec(program.parameters);
  const operations = { rotations: totals.ops.rotate, products: totals.ops.multiplyPlain };
  const planned: PlannedGrowth = { ...point, polyModulusDegree, coeffModulusBits, ...operations, bytes };
  const name = `${grown} ${value}`;
  const predicted = await run.step(`${name}, prediction`, async () => {
    const costs = await machineCosts(program.parameters);
    return { milliseconds: explain(program, { costs }).totals.predictedMilliseconds };
  });
  const { milliseconds } = await run.repeat(name, async () => {
    const timed = await TimedProgram.start(program, image);
    try {
      await timed.evaluate(run.signal);
      timed.forget();
      for (let i = 0; i < evaluationsTimed; i++) await timed.evaluate(run.signal);
      return { milliseconds: Math.min(...timed.evaluations) };
    } finally {
      await timed.close();
    }
  });
  return { planned, timed: { predictedMilliseconds: predicted.milliseconds, milliseconds } };
}
