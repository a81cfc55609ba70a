import type { Ciphertext } from "../he-ml/crypto/ciphertext.js";
import type { EvaluatorKind } from "../he-ml/crypto/evaluator-kind.js";
import type { Evaluator } from "../he-ml/crypto/evaluator.js";
import type { GiantStep } from "../he-ml/crypto/linear-transform.js";
import { checkParameters } from "../he-ml/crypto/parameters.js";
import { PublicContext } from "../he-ml/crypto/public-context.js";
import { SecretContext } from "../he-ml/crypto/secret-context.js";
import { runToEnd } from "../he-ml/long-work.js";
import { measuredPlot, type MeasuredSeries } from "../viz/measured-plot.js";
import type { Repeated, ResearchFigure } from "./research-figure.js";

const evaluators = { kernel: "own kernels, rotations share work", seal: "SEAL, they share none" } as const;

type Cut = {
  /** So many diagonals share a giant step. */
  readonly babySize: number;
  readonly babySteps: number;
  readonly giantSteps: number;
};

export type BabySizeData = {
  readonly exact: {
    readonly diagonals: number;
    readonly polyModulusDegree: number;
    readonly coeffModulusBits: readonly number[];
    readonly cuts: readonly Cut[];
  };
  /** Milliseconds by cut. */
  readonly measured: readonly Readonly<
    Record<EvaluatorKind, Pick<Repeated, "mean" | "confidence95" | "values">>
  >[];
};

const specification = { polyModulusDegree: 8192, coeffModulusBits: [50, 50, 50, 50], scaleBits: 20 };

/** What a product of a matrix and a vector takes for each way to cut its diagonals. */
export const babySize: ResearchFigure<BabySizeData> = {
  name: "baby-size",
  title: "Baby size against rotations and time",
  caption:
    "A matrix of 64 diagonals times an encrypted vector by baby and giant steps (Halevi, Shoup, CRYPTO 2018): rotations, and the time " +
    "of rotations, products and sums on one thread, over the number of diagonals that share a giant step, at N = 8192 with three data primes of 50 " +
    "bits. Each value is the least of 5 products; means over runs and their 95 % confidence intervals.",

  async measure(run) {
    const diagonals = run.quick ? 16 : 64;
    const sizes = Array.from({ length: Math.log2(diagonals) + 1 }, (_, power) => 2 ** power);
    const cuts = sizes.map((babySize) => ({
      babySize,
      babySteps: babySize - 1,
      giantSteps: diagonals / babySize - 1,
    }));
    const seen = await run.repeat(`${diagonals} diagonals`, async (repetition) => {
      const random = run.random(`weights ${repetition}`);
      const milliseconds: Record<string, number> = {};
      for (const evaluator of ["kernel", "seal"] as const) {
        const times = await timeCuts(evaluator, diagonals, sizes, { random, signal: run.signal });
        times.forEach((time, i) => (milliseconds[`${evaluator} ${sizes[i]}`] = time));
      }
      return milliseconds;
    });
    return {
      exact: { diagonals, ...specification, cuts },
      measured: sizes.map((size) => ({ kernel: seen[`kernel ${size}`], seal: seen[`seal ${size}`] })),
    };
  },

  table: ({ exact, measured }) => ({
    columns: [
      ...["baby_size_diagonals", "baby_steps_rotations", "giant_steps_rotations", "evaluator"],
      ...["time_ms", "time_low_95_ms", "time_high_95_ms", "repeats_count"],
    ],
    rows: exact.cuts.flatMap(({ babySize, babySteps, giantSteps }, i) =>
      Object.entries(measured[i]).map(([evaluator, { mean, confidence95, values }]) => [
        ...[babySize, babySteps, giantSteps, evaluator, mean, ...confidence95, values.length],
      ]),
    ),
  }),

  draw: ({ exact: { diagonals, cuts }, measured }) => {
    const x = cuts.map(({ babySize }) => babySize);
    const axis = { title: "baby size (diagonals that share a giant step)", log: true, ticks: x };
    const counts: MeasuredSeries[] = [
      { name: "baby steps", x, y: cuts.map(({ babySteps }) => babySteps) },
      { name: "giant steps", x, y: cuts.map(({ giantSteps }) => giantSteps) },
      { name: "all rotations", x, y: cuts.map(({ babySteps, giantSteps }) => babySteps + giantSteps) },
    ];
    const times = (["kernel", "seal"] as const).map((evaluator): MeasuredSeries => {
      const each = measured.map((cut) => cut[evaluator]);
      return {
        name: evaluators[evaluator],
        x,
        y: each.map(({ mean }) => mean),
        interval: each.map(({ confidence95 }) => confidence95),
      };
    });
    const title = `${diagonals} diagonals in baby and giant steps`;
    return [
      {
        name: "rotations",
        figure: measuredPlot(counts, { title, x: axis, y: { title: "rotations (count)" }, height: 460 }),
      },
      {
        name: "time",
        figure: measuredPlot(times, {
          title,
          x: axis,
          y: { title: "time (ms)", log: true },
          height: 460,
        }),
      },
    ];
  },
};

/** Products of each cut that are timed, of which the least counts. */
const productsTimed = 5;

interface Watched {
  readonly random: () => number;
  readonly signal?: AbortSignal;
}

/** @returns milliseconds by baby size */
async function timeCuts(
  kind: EvaluatorKind,
  diagonals: number,
  sizes: readonly number[],
  { random, signal }: Watched,
): Promise<number[]> {
  const parameters = checkParameters(specification);
  const { levels, slots, scaleBits } = parameters;
  const client = await SecretContext.create(parameters);
  const steps = Array.from({ length: diagonals - 1 }, (_, i) => ({ step: i + 1, level: levels }));
  const keys = client.exportEvaluationKeys(steps);
  using server = await PublicContext.load(parameters, keys, { evaluator: kind });
  const he = server.evaluator;
  const at = { level: levels, scale: 2 ** scaleBits };
  const weights = Array.from({ length: diagonals }, () =>
    he.encode(
      Float64Array.from({ length: slots }, () => 2 * random() - 1),
      at,
    ),
  );
  using x = he.encryptZero(at);
  using fresh = he.encryptZero(at);
  const milliseconds = sizes.map((size) => {
    signal?.throwIfAborted();
    // The first is not counted: it warms up.
    const times = Array.from({ length: productsTimed + 1 }, () => {
      // A ciphertext that changes has nothing left of its last rotation.
      he.addInplace(x, fresh);
      const start = performance.now();
      product(he, x, weights, size);
      return performance.now() - start;
    });
    return Math.min(...times.slice(1));
  });
  for (const plaintext of weights) plaintext[Symbol.dispose]();
  return milliseconds;
}

function product(
  he: Evaluator,
  x: Ciphertext,
  weights: readonly GiantStep["terms"][number]["plaintext"][],
  babySize: number,
): void {
  const babies = he.rotateMany(
    x,
    Array.from({ length: babySize - 1 }, (_, i) => i + 1),
  );
  const giants = Array.from({ length: weights.length / babySize }, (_, giant): GiantStep => {
    const own = weights.slice(giant * babySize, (giant + 1) * babySize);
    const terms = own.map((plaintext, baby) => ({ input: 0, baby, plaintext }));
    return { output: 0, step: giant * babySize, terms };
  });
  const outputs = runToEnd(he.linearTransform(giants, (_, baby) => (baby === 0 ? x : babies[baby - 1])));
  for (const ciphertext of [...babies, ...outputs.values()]) ciphertext[Symbol.dispose]();
}
