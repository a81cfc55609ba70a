import type { EvaluatorKind } from "../he-ml/crypto/evaluator-kind.js";
import { infer } from "../he-ml/node/infer.js";
import { explain } from "../he-ml/program/explain.js";
import { countBars } from "../viz/count-bars.js";
import { measuredPlot } from "../viz/measured-plot.js";
import { diagonalCounts, type DiagonalCounts } from "./diagonal-method.js";
import { compileAlike, withImages, type MnistNetwork } from "./mnist-networks.js";
import type { Repeated, ResearchFigure } from "./research-figure.js";

/**
 * Rotations of a layout that was found by hand; known for one network. conv1 takes 10, conv2 20 and fc1 12: baby steps 16·i + 256·j (i < 3,
 * j < 2) and giant steps i + 512·j in conv1, the same with i < 5 behind sums over 1024 and 2048 slots in conv2, and baby steps 256·j, giant steps
 * 1024·j (j < 4) and folds over 1, 2, 4, 16, 32 and 64 slots in fc1. Lesson 07 has the layout, and computes it slot by slot.
 */
const byHand: Readonly<Partial<Record<MnistNetwork, number>>> = { lenet1: 42 };

type Counted = {
  readonly network: MnistNetwork;
  readonly polyModulusDegree: number;
  /** The fastest plan, by what operations cost with the evaluator. */
  readonly planned: Readonly<Record<EvaluatorKind, number>>;
  readonly byHand: number | null;
  readonly diagonals: DiagonalCounts;
};

type Seen = Pick<Repeated, "mean" | "confidence95" | "values">;

export type RotationsData = {
  readonly exact: { readonly imagesEach: number; readonly networks: readonly Counted[] };
  /** By network: −log2 of the rms error over the rms of the plain outputs, and the milliseconds of planning. */
  readonly measured: readonly { readonly precisionBits: Seen; readonly planMilliseconds: Seen }[];
};

/** Rotations of whole networks, by planner, hand and diagonals. */
export const rotations: ResearchFigure<RotationsData> = {
  name: "rotations",
  title: "Rotations of a network",
  caption:
    "Rotations of one packed inference: of the planner's fastest plan for the library's own kernels and for SEAL (typical costs), of a layout found by hand (lenet1 only), and of the " +
    "diagonal method (Halevi, Shoup, CRYPTO 2014 and 2018) on values row by row, with a rotation for each diagonal that is not zero, and with the best baby and giant steps of one size. " +
    "Beside them precision, −log2 of the rms error over the rms of the plain outputs of 4 test images of MNIST, and planning time on one thread; means over runs and their 95 % " +
    "confidence intervals. After the table of Ebel, Garimella, Reagen, Orion, ASPLOS 2025, arXiv 2311.03470.",

  async measure(run) {
    const all: readonly MnistNetwork[] = ["mnist-small", "lenet1-12x12", "lenet1", "lenet1-from-tanh"];
    const imagesEach = run.quick ? 1 : 4;
    const networks: Counted[] = [];
    const measured: RotationsData["measured"][number][] = [];
    for (const network of run.quick ? all.slice(0, 1) : all) {
      const { model, images } = await withImages(network, imagesEach);
      networks.push(
        await run.step(`${network}, counts`, async () => {
          const [kernel, seal] = [
            await compileAlike(model, { evaluator: "kernel" }),
            await compileAlike(model, { evaluator: "seal" }),
          ];
          const { polyModulusDegree, slots } = kernel.parameters;
          return {
            ...{ network, polyModulusDegree },
            planned: { kernel: rotationsOf(kernel), seal: rotationsOf(seal) },
            byHand: byHand[network] ?? null,
            diagonals: diagonalCounts(model, slots),
          };
        }),
      );
      measured.push(
        await run.repeat(network, async () => {
          const start = performance.now();
          const program = await compileAlike(model);
          const planMilliseconds = performance.now() - start;
          const { results } = await infer(program, images, { threads: 0, signal: run.signal });
          const plain = results.flatMap(({ plainLogits }) => plainLogits);
          const errors = results.flatMap(({ logits }) => logits).map((logit, i) => logit - plain[i]);
          return { precisionBits: -Math.log2(rms(errors) / rms(plain)), planMilliseconds };
        }),
      );
    }
    return { exact: { imagesEach, networks }, measured };
  },

  table: ({ exact, measured }) => ({
    columns: [
      ...["network", "N", "planner_kernel_rotations", "planner_seal_rotations", "by_hand_rotations"],
      ...["diagonals_baby_giant_rotations", "diagonals_rotations"],
      ...["precision_bits", "precision_low_95_bits", "precision_high_95_bits"],
      ...["planning_ms", "planning_low_95_ms", "planning_high_95_ms", "repeats_count"],
    ],
    rows: exact.networks.map(({ network, polyModulusDegree, planned, byHand, diagonals }, i) => {
      const { precisionBits, planMilliseconds } = measured[i];
      return [
        ...[network, polyModulusDegree, planned.kernel, planned.seal, byHand],
        ...[diagonals.babyGiant, diagonals.plain, precisionBits.mean, ...precisionBits.confidence95],
        ...[planMilliseconds.mean, ...planMilliseconds.confidence95, planMilliseconds.values.length],
      ];
    }),
  }),

  draw: ({ exact: { networks }, measured }) => {
    const names = networks.map(({ network }) => network);
    const points = (title: string, y: string, seen: readonly Seen[], log: boolean) =>
      measuredPlot(
        [
          {
            ...{ name: title, x: names.map((_, i) => i), drawn: "points" },
            y: seen.map(({ mean }) => mean),
            interval: seen.map(({ confidence95 }) => confidence95),
          },
        ],
        { title, x: { title: "network", names }, y: { title: y, log }, height: 420 },
      );
    return [
      {
        name: "counts",
        figure: countBars({
          title: "Rotations of an inference",
          places: { title: "network", names },
          counts: { title: "rotations (count)", log: true },
          series: [
            { name: "planner, own kernels", values: networks.map(({ planned }) => planned.kernel) },
            { name: "planner, SEAL", values: networks.map(({ planned }) => planned.seal) },
            { name: "by hand", values: networks.map(({ byHand }) => byHand) },
            {
              name: "diagonals, baby and giant steps",
              values: networks.map(({ diagonals }) => diagonals.babyGiant),
            },
            { name: "diagonals", values: networks.map(({ diagonals }) => diagonals.plain) },
          ],
        }),
      },
      {
        name: "precision",
        figure: points(
          "Precision of the outputs",
          "precision (bits)",
          measured.map(({ precisionBits }) => precisionBits),
          false,
        ),
      },
      {
        name: "planning",
        figure: points(
          "Planning time",
          "time (ms)",
          measured.map(({ planMilliseconds }) => planMilliseconds),
          true,
        ),
      },
    ];
  },
};

const rotationsOf = (program: Parameters<typeof explain>[0]) => explain(program).totals.ops.rotate;

const rms = (values: readonly number[]) =>
  Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
