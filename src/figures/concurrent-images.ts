import type { Packing } from "../he-ml/crypto/packing.js";
import { measuredPlot, type MeasuredSeries } from "../viz/measured-plot.js";
import type { Figure } from "../viz/figure.js";
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

/** A packing, and what was measured in it: so many images at once. */
type Case = ProgramFacts & { readonly images: readonly number[] };

type Seconds = Pick<Repeated, keyof Repeated>;

type ConcurrentData = {
  readonly exact: { readonly cases: readonly Case[] };
  /** Of each case and number of images: from pixels to predictions, in seconds. */
  readonly measured: { readonly seconds: readonly (readonly Seconds[])[] };
};

/** How many images are measured, by packing. */
const counts = (quick: boolean): Readonly<Record<Packing, readonly number[]>> =>
  quick
    ? { packed: [1, 3], batch: [1, 16], scalar: [1] }
    : { packed: [1, 8, 64], batch: [4096], scalar: [1] };

/** How long concurrent images take, by packing. */
export const concurrentImages: ResearchFigure<ConcurrentData> = {
  name: "concurrent-images",
  title: "Concurrent images against time",
  width: "column",
  caption:
    "Seconds to encrypt, evaluate and decrypt so many images of MNIST with LeNet-1 (squares for activations) on one thread, keys and encoded " +
    "weights being there, by packing: measured points with 95 % confidence intervals, and lines in proportion to the evaluations that so many " +
    "images take. Hollow: what was published for one image, on another machine with 16 cores (UniHENN and PyCrCNN: Choi et al., IEEE Access " +
    "2024). A quick run takes the small model breast-cancer instead.",

  async measure(run) {
    const model: FigureModel = run.quick ? "breast-cancer" : "lenet1";
    const cases: Case[] = [];
    const seconds: Seconds[][] = [];
    for (const [packing, images] of Object.entries(counts(run.quick)) as [Packing, readonly number[]][]) {
      const given = { model, packing };
      const program = await programOf(given);
      cases.push({ ...factsOf(given, program), images });
      const repeated = await withInference(program, (started) =>
        run.repeat(packing, async () => {
          const inference = await started();
          const taken: Record<string, number> = {};
          for (const count of images) {
            const { total } = await inference.run(await imagesOf(model, count), run.signal);
            taken[count] = total / 1000;
          }
          return taken;
        }),
      );
      seconds.push(images.map((count) => repeated[count]));
    }
    return { exact: { cases }, measured: { seconds } };
  },

  table({ exact, measured }): FigureTable {
    return {
      columns: [
        ...["system", "model", "packing", "images", "total_s", "sd_s", "low_s", "high_s"],
        ...["n", "data_primes", "security_bits", "source"],
      ],
      rows: [
        ...exact.cases.flatMap(
          ({ model, packing, images, polyModulusDegree, coeffModulusBits, security }, i) =>
            images.map((count, k) => {
              const { mean, standardDeviation, confidence95 } = measured.seconds[i][k];
              const ring = [polyModulusDegree, coeffModulusBits.length - 1, security];
              return [
                "HE-ML",
                model,
                packing,
                count,
                mean,
                standardDeviation,
                ...confidence95,
                ...ring,
                "measured",
              ];
            }),
        ),
        ...[published.uniHenn, published.pyCrCnn].map(({ system, network, images, seconds, citation }) => [
          ...[system, network, null, images, seconds, null, null, null, null, null, null],
          citation.url,
        ]),
      ],
    };
  },

  draw({ exact, measured }): Figure {
    const most = Math.max(
      ...exact.cases.flatMap(({ images, imagesAtOnce }) => [...images, 2 * imagesAtOnce]),
    );
    const series = exact.cases.flatMap((given, i): MeasuredSeries[] => {
      const seen = measured.seconds[i];
      const x = steps(most, given.imagesAtOnce);
      const each = secondsOfOne(given, seen);
      return [
        {
          name: given.packing,
          x,
          y: x.map((count) => each * Math.ceil(count / given.imagesAtOnce)),
          drawn: "curve",
          style: i,
        },
        {
          name: "measured",
          x: given.images,
          y: seen.map(({ mean }) => mean),
          interval: seen.map(({ confidence95 }) => confidence95),
          drawn: "points",
          style: i,
        },
      ];
    });
    const crossing = crossingOf(exact.cases, measured.seconds);
    const isLeNet = exact.cases.some(({ model }) => model === "lenet1");
    const beside = [...(isLeNet ? publishedPoints() : []), ...(crossing ? [crossingPoint(crossing)] : [])];
    return measuredPlot([...series, ...beside], {
      title: "Concurrent images",
      caption: crossing ? [`batch beats packed from ${crossing.images} images on`] : [],
      x: { title: "images at the same time", log: true },
      y: { title: "time (s)", log: true },
      height: 480,
    });
  },
};

/** Where curves that rise in steps have their corners, and powers of two between. */
function steps(most: number, atOnce: number): number[] {
  const powers = Array.from({ length: Math.floor(Math.log2(most)) + 1 }, (_, i) => 2 ** i);
  const corners = atOnce > 1 && atOnce < most ? [atOnce, atOnce + 1] : [];
  return [...new Set([...powers, ...corners, most])].sort((a, b) => a - b);
}

/** Of one evaluation, by the most images that were measured. */
const secondsOfOne = ({ images, imagesAtOnce }: Case, seen: readonly Seconds[]): number =>
  seen.at(-1)!.mean / Math.ceil(images.at(-1)! / imagesAtOnce);

interface Crossing {
  readonly images: number;
  readonly seconds: number;
}

/** From how many images on one batch is faster than as many packed ones; undefined where it never is. */
function crossingOf(cases: readonly Case[], seconds: readonly (readonly Seconds[])[]): Crossing | undefined {
  const of = (packing: string) => {
    const i = cases.findIndex((one) => one.packing === packing);
    return i < 0 ? undefined : { ...cases[i], each: secondsOfOne(cases[i], seconds[i]) };
  };
  const [packed, batch] = [of("packed"), of("batch")];
  if (!packed || !batch) return undefined;
  const images = Math.ceil(batch.each / packed.each);
  return images <= batch.imagesAtOnce ? { images, seconds: batch.each } : undefined;
}

const crossingPoint = ({ images, seconds }: Crossing): MeasuredSeries => ({
  name: "crossing",
  x: [images],
  y: [seconds],
  drawn: "points",
  style: 6,
});

const publishedPoints = (): MeasuredSeries[] =>
  [published.uniHenn, published.pyCrCnn].map(({ system, images, seconds }, i) => ({
    name: system,
    x: [images],
    y: [seconds],
    drawn: "points",
    open: true,
    style: 3 + i,
  }));
