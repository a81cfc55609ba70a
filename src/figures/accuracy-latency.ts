import type { Figure } from "../viz/figure.js";
import { readModel } from "../he-ml/formats/read-model.js";
import { writeOnnx } from "../he-ml/formats/onnx/write.js";
import { parameterCount } from "../he-ml/model/parameter-count.js";
import type { Model } from "../he-ml/model/model.js";
import { median } from "../he-ml/node/timed-program.js";
import { imageAt, stack } from "../he-ml/tensor/tensor.js";
import { loadDataset, measureAccuracy, selectImages, sliceDataset, toModel, train } from "../train/index.js";
import { measuredPlot, type MeasuredSeries } from "../viz/measured-plot.js";
import { compileAlike } from "./mnist-networks.js";
import { published } from "./published.js";
import type { FigureRun, FigureTable, Repeated, ResearchFigure } from "./research-figure.js";
import { squareNetworkName, untrained, type SquareNetwork } from "./square-networks.js";
import { withInference } from "./timed-inference.js";

type Described = SquareNetwork & { readonly parameters: number };

type Measured = {
  /** Share of the test images. */
  readonly accuracy: number;
  readonly milliseconds: Pick<Repeated, keyof Repeated>;
};

type AccuracyLatencyData = {
  readonly exact: {
    readonly trainImages: number;
    readonly testImages: number;
    readonly epochs: number;
    readonly networks: readonly Described[];
  };
  readonly measured: { readonly networks: readonly Measured[] };
};

const networksOf = (quick: boolean): SquareNetwork[] =>
  quick
    ? [{ channels: 1, hidden: null }]
    : [
        ...[1, 2, 4, 8, 16].map((channels) => ({ channels, hidden: null })),
        ...[
          { channels: 1, hidden: 16 },
          { channels: 2, hidden: 32 },
          { channels: 4, hidden: 64 },
          { channels: 8, hidden: 128 },
        ],
      ];

/** What accuracy costs in time, over a family of networks. */
export const accuracyLatency: ResearchFigure<AccuracyLatencyData> = {
  name: "accuracy-latency",
  title: "Accuracy against latency",
  width: "column",
  caption:
    "Accuracy on MNIST's 10,000 test images, of the plain networks, against the time of one encrypted image (packed: encrypt, evaluate, decrypt, on " +
    "one thread, with 95 % confidence intervals), for networks of one convolution (channels of 7×7, stride 3) with one square, or with a hidden " +
    "layer and two, each trained for eight epochs. Hollow: LoLa and LoLa-Small as published, on 8 virtual cores (Brutzkus et al., ICML 2019); compare " +
    "HEMET (Lou and Jiang, ICML 2021). A quick run trains one network on 2,000 images.",

  async measure(run) {
    const size = run.quick
      ? { trainImages: 2000, testImages: 500, epochs: 1 }
      : { trainImages: 60_000, testImages: 10_000, epochs: 8 };
    const networks: Described[] = [];
    const trainedNetworks: Trained[] = [];
    for (const network of networksOf(run.quick)) {
      const name = squareNetworkName(network);
      const start = untrained(network, run.random(`weights of ${name}`));
      networks.push({ ...network, parameters: parametersOf(start) });
      trainedNetworks.push(await run.step(`train ${name}`, () => trained(run, start, size)));
    }
    const measured: Measured[] = [];
    for (const [i, { accuracy, onnx }] of trainedNetworks.entries()) {
      measured.push({ accuracy, milliseconds: await latencyOf(run, squareNetworkName(networks[i]), onnx) });
    }
    return { exact: { ...size, networks }, measured: { networks: measured } };
  },

  table({ exact, measured }): FigureTable {
    const shares = [published.lola, published.lolaSmall];
    return {
      columns: [
        ...["system", "channels", "hidden", "parameters", "test_accuracy_percent", "latency_ms", "sd_ms"],
        ...["low_ms", "high_ms", "source"],
      ],
      rows: [
        ...exact.networks.map(({ channels, hidden, parameters }, i) => {
          const { accuracy, milliseconds } = measured.networks[i];
          const { mean, standardDeviation, confidence95 } = milliseconds;
          return [
            ...["HE-ML", channels, hidden, parameters, percent(accuracy)],
            ...[mean, standardDeviation, ...confidence95, "measured"],
          ];
        }),
        ...shares.map(({ system, accuracy, seconds, citation }) => [
          ...[system, null, null, null, percent(accuracy), 1000 * seconds, null, null, null],
          citation.url,
        ]),
      ],
    };
  },

  draw({ exact, measured }): Figure {
    const families = [
      {
        name: "one square: channels",
        labelsAt: "belowRight",
        isOf: ({ hidden }: SquareNetwork) => hidden === null,
      },
      {
        name: "two squares: channels·hidden",
        labelsAt: "aboveLeft",
        isOf: ({ hidden }: SquareNetwork) => hidden !== null,
      },
    ] as const;
    const ours = families.flatMap(({ name, labelsAt, isOf }): MeasuredSeries[] => {
      const held = exact.networks
        .map((network, i) => ({ network, ...measured.networks[i] }))
        .filter(({ network }) => isOf(network));
      if (held.length === 0) return [];
      return [
        {
          name,
          x: held.map(({ milliseconds }) => milliseconds.mean),
          y: held.map(({ accuracy }) => percent(accuracy)),
          across: held.map(({ milliseconds }) => milliseconds.confidence95),
          labelsAt,
          labels: held.map(({ network }) => squareNetworkName(network)),
        },
      ];
    });
    return measuredPlot(
      [
        ...ours,
        ...[published.lolaSmall, published.lola].map(({ system, seconds, accuracy }, i): MeasuredSeries => ({
          name: `${system}, published`,
          x: [1000 * seconds],
          y: [percent(accuracy)],
          drawn: "points",
          open: true,
          style: 2 + i,
        })),
      ],
      {
        title: "Accuracy against latency",
        x: { title: "one encrypted image (ms)", log: true },
        y: { title: "test accuracy (%)" },
        height: 480,
      },
    );
  },
};

const parametersOf = ({ layers }: Model): number =>
  layers.reduce((sum, layer) => sum + parameterCount(layer), 0);

type Trained = { readonly accuracy: number; readonly onnx: string };

type Size = Pick<AccuracyLatencyData["exact"], "trainImages" | "testImages" | "epochs">;

/** The network, trained, as ONNX in base64, and its accuracy. */
async function trained(run: FigureRun, start: Model, size: Size): Promise<Trained> {
  const { seed, signal } = run;
  const dataset = sliceDataset(await loadDataset("mnist", "train"), 0, size.trainImages);
  const { network } = await train({
    ...{ initialModel: start, dataset, seed, signal },
    epochs: size.epochs,
    backend: "wasm",
  });
  try {
    const onnx = writeOnnx(toModel(network, start.name));
    const test = sliceDataset(await loadDataset("mnist", "test"), 0, size.testImages);
    const accuracy = await measureAccuracy(onnx, test, { signal });
    return { accuracy, onnx: Buffer.from(onnx).toString("base64") };
  } finally {
    network.dispose();
  }
}

/** One run alone would be whatever else the machine does. */
const runsOfRepetition = 9;

/** Each time the median of some runs. */
async function latencyOf(run: FigureRun, name: string, onnx: string): Promise<Measured["milliseconds"]> {
  const model = await readModel({ "model.onnx": Buffer.from(onnx, "base64") });
  const { images } = selectImages(await loadDataset("mnist", "test"), [0, 1]);
  const program = await compileAlike(model, { evaluator: "kernel", samples: images });
  const image = stack([imageAt(images, 0)]);
  return withInference(program, async (started) => {
    const { total } = await run.repeat(`latency of ${name}`, async () => {
      const inference = await started();
      const totals: number[] = [];
      for (let i = 0; i < runsOfRepetition; i++) {
        totals.push((await inference.run(image, run.signal)).total);
      }
      return { total: median(totals) };
    });
    return total;
  });
}

const percent = (share: number) => Number((100 * share).toFixed(2));
