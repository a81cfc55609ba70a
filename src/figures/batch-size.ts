import type { Packing } from "../he-ml/crypto/packing.js";
import type { Figure } from "../viz/figure.js";
import { measuredPlot, type MeasuredSeries } from "../viz/measured-plot.js";
import { stackedBars, type StackedBar } from "../viz/service/stacked-bars.js";
import { megabytes, seconds } from "../viz/units.js";
import { published } from "./published.js";
import type { FigureTable, Repeated, ResearchFigure } from "./research-figure.js";
import {
  factsOf,
  imagesOf,
  programOf,
  withInference,
  type FigureModel,
  type ProgramFacts,
} from "./timed-inference.js";

type Phase = "encrypt" | "evaluate" | "decrypt";

const phases: readonly Phase[] = ["encrypt", "evaluate", "decrypt"];

type Milliseconds = Readonly<Record<Phase | "total", Pick<Repeated, keyof Repeated>>>;

type Case = ProgramFacts & { readonly sizes: readonly number[] };

type BatchSizeData = {
  readonly exact: { readonly cases: readonly Case[] };
  /** Of each case and batch size. */
  readonly measured: { readonly milliseconds: readonly (readonly Milliseconds[])[] };
};

const sizesOf = (quick: boolean): Readonly<Record<"batch" | "packed", readonly number[]>> =>
  quick ? { batch: [1, 64], packed: [1, 4] } : { batch: [1, 16, 256, 4096], packed: [1, 16, 64] };

/** What larger batches cost and give. */
export const batchSize: ResearchFigure<BatchSizeData> = {
  name: "batch-size",
  title: "Batch size against latency and throughput",
  width: "column",
  caption:
    "Time from pixels to predictions (encrypt, evaluate, decrypt) and predictions an hour by the number of images in a batch, for mnist-small " +
    "on MNIST, on one thread, keys and encoded weights being there: an image a slot (batch), and one after the other (packed), with 95 % " +
    "confidence intervals. Hollow: CryptoNets with a similar network, as published (Gilad-Bachrach et al., ICML 2016). A quick run takes the " +
    "small model breast-cancer instead.",

  async measure(run) {
    const model: FigureModel = run.quick ? "breast-cancer" : "mnist-small";
    const cases: Case[] = [];
    const milliseconds: Milliseconds[][] = [];
    for (const [packing, sizes] of Object.entries(sizesOf(run.quick)) as [Packing, readonly number[]][]) {
      const given = { model, packing };
      const program = await programOf(given);
      cases.push({ ...factsOf(given, program), sizes });
      milliseconds.push(
        await withInference(program, async (started) => {
          const bySize: Milliseconds[] = [];
          for (const size of sizes) {
            const repeated = await run.repeat(`${packing}, ${size} images`, async () => {
              const inference = await started();
              return inference.run(await imagesOf(model, size), run.signal);
            });
            bySize.push(repeated);
          }
          return bySize;
        }),
      );
    }
    return { exact: { cases }, measured: { milliseconds } };
  },

  table({ exact, measured }): FigureTable {
    const { system, images, seconds: latency, predictionsPerHour, citation } = published.cryptoNets;
    return {
      columns: [
        ...[
          "system",
          "model",
          "packing",
          "batch_images",
          "encrypt_ms",
          "evaluate_ms",
          "decrypt_ms",
          "total_ms",
        ],
        ...[
          "total_low_ms",
          "total_high_ms",
          "predictions_per_hour",
          "up_bytes",
          "down_bytes",
          "keys_bytes",
          "source",
        ],
      ],
      rows: [
        ...exact.cases.flatMap((given, i) =>
          given.sizes.map((size, k) => {
            const taken = measured.milliseconds[i][k];
            const { input, output, evaluationKeys } = given.bytes;
            const requests = Math.ceil(size / given.imagesAtOnce);
            return [
              ...["HE-ML", given.model, given.packing, size],
              ...phases.map((phase) => taken[phase].mean),
              taken.total.mean,
              ...taken.total.confidence95,
              perHour(size, taken.total.mean),
              ...[requests * input, requests * output, evaluationKeys, "measured"],
            ];
          }),
        ),
        [
          ...[
            system,
            published.cryptoNets.network,
            "batch",
            images,
            null,
            null,
            null,
            1000 * latency,
            null,
            null,
          ],
          ...[predictionsPerHour, null, null, null, citation.url],
        ],
      ],
    };
  },

  draw(data) {
    const { cases } = data.exact;
    const largest = cases.map(({ sizes }) => sizes.at(-1)!);
    const bars = (partsOf: (i: number) => Readonly<Record<string, number>>): StackedBar[] =>
      cases.map(({ packing }, i) => ({ label: `${packing}, ${largest[i]} images`, parts: partsOf(i) }));
    return [
      { name: "latency", figure: latencyPlot(data) },
      { name: "throughput", figure: throughputPlot(data) },
      {
        name: "phases",
        figure: stackedBars(
          bars((i) => {
            const taken = data.measured.milliseconds[i].at(-1)!;
            return Object.fromEntries(phases.map((phase) => [phase, taken[phase].mean / 1000]));
          }),
          { encrypt: "encrypt", evaluate: "evaluate", decrypt: "decrypt" },
          {
            title: "Time of the largest batch",
            caption: "client and server on one thread",
            axis: "time (s)",
            format: (value) => seconds(1000 * value),
          },
        ),
      },
      {
        name: "megabytes",
        figure: stackedBars(
          bars((i) => {
            const { bytes, imagesAtOnce } = cases[i];
            const requests = Math.ceil(largest[i] / imagesAtOnce);
            return {
              keys: bytes.evaluationKeys / 1e6,
              up: (requests * bytes.input) / 1e6,
              down: (requests * bytes.output) / 1e6,
            };
          }),
          { keys: "keys, once", up: "up", down: "down" },
          {
            title: "What travels for the largest batch",
            caption: "seeded, uncompressed",
            axis: "megabytes",
            format: (value) => megabytes(1e6 * value),
          },
        ),
      },
    ];
  },
};

const perHour = (images: number, milliseconds: number): number => (3.6e6 * images) / milliseconds;

function seriesBy(
  { exact, measured }: BatchSizeData,
  valueOf: (size: number, milliseconds: number) => number,
  ofCryptoNets: number,
): MeasuredSeries[] {
  const isMnist = exact.cases.some(({ model }) => model === "mnist-small");
  return [
    ...exact.cases.map(({ packing, sizes }, i): MeasuredSeries => {
      const totals = measured.milliseconds[i].map(({ total }) => total);
      const ends = (size: number, [low, high]: readonly [number, number]): [number, number] => {
        const values = [Math.max(low, 0), high].map((value) => valueOf(size, value));
        return [Math.min(...values), Math.max(...values)];
      };
      return {
        name: packing === "packed" ? "packed, one after the other" : "batch, an image a slot",
        x: sizes,
        y: totals.map(({ mean }, k) => valueOf(sizes[k], mean)),
        interval: totals.map(({ confidence95 }, k) => ends(sizes[k], confidence95)),
      };
    }),
    ...(isMnist
      ? [
          {
            name: "CryptoNets, published",
            x: [published.cryptoNets.images],
            y: [ofCryptoNets],
            drawn: "points",
            open: true,
          } as const,
        ]
      : []),
  ];
}

const sizeAxis = { title: "images in a batch", log: true } as const;

const latencyPlot = (data: BatchSizeData): Figure =>
  measuredPlot(
    seriesBy(data, (_, milliseconds) => milliseconds / 1000, published.cryptoNets.seconds),
    {
      title: "Latency by batch size",
      x: sizeAxis,
      y: { title: "encrypt, evaluate, decrypt (s)", log: true },
      height: 440,
    },
  );

const throughputPlot = (data: BatchSizeData): Figure =>
  measuredPlot(seriesBy(data, perHour, published.cryptoNets.predictionsPerHour), {
    title: "Throughput by batch size",
    x: sizeAxis,
    y: { title: "predictions an hour", log: true },
    height: 440,
  });
