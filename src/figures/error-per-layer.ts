import type { LayerTrace } from "../he-ml/layers/trace.js";
import { infer } from "../he-ml/node/infer.js";
import type { Figure } from "../viz/figure.js";
import { measuredPlot, type MeasuredSeries } from "../viz/measured-plot.js";
import { compileAlike, ways, withImages, type MnistNetwork, type Way } from "./mnist-networks.js";
import type { FigureRun, Repeated, ResearchFigure } from "./research-figure.js";

const statistics = ["maximum", "rms"] as const;
type Statistic = (typeof statistics)[number];

type Errors = Readonly<Record<Statistic, Pick<Repeated, "values" | "mean" | "confidence95">>>;

type NetworkErrors = {
  readonly network: MnistNetwork;
  /** By packing, then by layer: the error behind it. */
  readonly packings: Readonly<Record<string, Readonly<Record<string, Errors>>>>;
};

export type ErrorPerLayerData = {
  readonly exact: {
    readonly networks: readonly { readonly network: MnistNetwork; readonly layers: readonly string[] }[];
    /** Images of one run, by packing. */
    readonly images: Readonly<Record<string, number>>;
  };
  readonly measured: readonly NetworkErrors[];
};

/** A batch of 64 takes as long as one image; layer by layer a single image takes longest. */
const imagesOf = ({ options: { packing } }: Way) => (packing === "batch" ? 64 : packing === "packed" ? 2 : 1);

/** The error that is there behind each layer, for all packings. */
export const errorPerLayer: ResearchFigure<ErrorPerLayerData> = {
  name: "error-per-layer",
  title: "Error per layer",
  caption:
    "Largest and root mean square error of the values behind each layer against the plain network's, in the values' own unit, of mnist-small " +
    "and lenet1 in each packing, on test images of MNIST: 2 packed, 64 in a batch, 1 scalar. Packed with the planner's parameters, else " +
    "with the model's own; a fused stage has its error at its last layer. Points are means over runs under fresh keys, bars their 95 % " +
    "confidence intervals.",

  async measure(run) {
    const chosen: readonly MnistNetwork[] = run.quick ? ["mnist-small"] : ["mnist-small", "lenet1"];
    const tried = ways.filter(({ options }) => !run.quick || options.packing === "packed");
    const networks: ErrorPerLayerData["exact"]["networks"][number][] = [];
    const measured: NetworkErrors[] = [];
    for (const network of chosen) {
      const { model } = await withImages(network, 1);
      networks.push({ network, layers: model.layers.map(({ name }) => name) });
      const packings: Record<string, Readonly<Record<string, Errors>>> = {};
      for (const way of tried) packings[way.name] = await errorsOf(run, network, way);
      measured.push({ network, packings });
    }
    const images = Object.fromEntries(tried.map((way) => [way.name, imagesOf(way)]));
    return { exact: { networks, images }, measured };
  },

  table: ({ measured }) => ({
    columns: [
      ...["network", "packing", "layer", "statistic"],
      ...["error", "error_low_95", "error_high_95", "repeats"],
    ],
    rows: measured.flatMap(({ network, packings }) =>
      Object.entries(packings).flatMap(([packing, layers]) =>
        Object.entries(layers).flatMap(([layer, errors]) =>
          statistics.map((statistic) => {
            const { values, mean, confidence95 } = errors[statistic];
            return [network, packing, layer, statistic, mean, ...confidence95, values.length];
          }),
        ),
      ),
    ),
  }),

  draw: ({ exact, measured }) =>
    measured.flatMap(({ network, packings }, i) =>
      statistics.map((statistic) => ({
        name: `${network}-${statistic}`,
        figure: drawn(network, statistic, exact.networks[i].layers, packings),
      })),
    ),
};

/** Keys "maximum conv1" and so on are taken apart again: a step's repetitions are of numbers by key. */
async function errorsOf(
  run: FigureRun,
  network: MnistNetwork,
  way: Way,
): Promise<Readonly<Record<string, Errors>>> {
  const { model, images } = await withImages(network, imagesOf(way));
  const program = await compileAlike(model, way.options);
  const layerOf = ({ modelLayers }: LayerTrace) => model.layers[modelLayers.at(-1)!].name;
  const seen = await run.repeat(`${network}, ${way.name}`, async () => {
    const { layers } = await infer(program, images, { threads: 0, signal: run.signal });
    return Object.fromEntries(
      layers.flatMap((trace) => [
        [`maximum ${layerOf(trace)}`, trace.error!.maxAbs],
        [`rms ${layerOf(trace)}`, trace.error!.rms],
      ]),
    );
  });
  const names = model.layers.map(({ name }) => name).filter((name) => `rms ${name}` in seen);
  return Object.fromEntries(
    names.map((name) => [name, { maximum: seen[`maximum ${name}`], rms: seen[`rms ${name}`] }]),
  );
}

function drawn(
  network: string,
  statistic: Statistic,
  layers: readonly string[],
  packings: NetworkErrors["packings"],
): Figure {
  const series = Object.entries(packings).map(([packing, errors]): MeasuredSeries => {
    const there = layers.filter((layer) => Object.hasOwn(errors, layer));
    return {
      name: packing,
      x: there.map((layer) => layers.indexOf(layer)),
      y: there.map((layer) => errors[layer][statistic].mean),
      interval: there.map((layer) => errors[layer][statistic].confidence95),
    };
  });
  return measuredPlot(series, {
    title: `${network}: error per layer`,
    x: { title: "layer", names: layers },
    y: { title: `${statistic} error (unit of values)`, log: true },
    height: 460,
  });
}
