import { formatChain } from "../he-ml/crypto/parameters.js";
import { measuredPlot, type MeasuredSeries } from "../viz/measured-plot.js";
import {
  noiseOperations,
  operationKeys,
  parametersOf,
  predictedDepth,
  predictedOperations,
  type NoiseCase,
  type NoiseOperation,
} from "./noise-circuits.js";
import { observeDepth, observeOperations, type Observation } from "./noise-observed.js";
import type { FigureRun, FigureTable, Repeated, ResearchFigure } from "./research-figure.js";

type Predicted = NoiseCase & {
  /** log2 of standard deviations: by operation, or after 0, 1, … products. */
  readonly predictedBits: Readonly<Record<string, number>>;
};

type Observed = Readonly<Record<string, Pick<Repeated, keyof Repeated>>>;

type NoiseData = {
  readonly exact: {
    /** Of each case, under all keys together. */
    readonly trials: Readonly<Record<"operations" | "depth", number>>;
    readonly keys: number;
    readonly operations: readonly Predicted[];
    readonly depth: readonly Predicted[];
  };
  /** As in `exact`: log2 of standard deviations, one for each key. */
  readonly measured: { readonly operations: readonly Observed[]; readonly depth: readonly Observed[] };
};

/** Of each case, shared out to fresh keys: a thousand of single operations for each N, half of them at either scale. */
const allTrials = { operations: 500, depth: 100 };

/** Chains that every N from 4096 on has room for at 128 bits, and the same for all, so that N alone differs. */
const operationCases = (quick: boolean): NoiseCase[] => {
  const chain = { coeffModulusBits: [36, 36, 37] };
  if (quick) return [{ evaluator: "kernel", polyModulusDegree: 4096, ...chain, scaleBits: 20 }];
  const byKernel = [4096, 8192, 16384].flatMap((polyModulusDegree) =>
    [20, 30].map((scaleBits) => ({ evaluator: "kernel", polyModulusDegree, ...chain, scaleBits }) as const),
  );
  return [...byKernel, { evaluator: "seal", polyModulusDegree: 8192, ...chain, scaleBits: 30 }];
};

const depthCases = (quick: boolean): NoiseCase[] => {
  const chain = (products: number, bits: number) => [45, ...new Array<number>(products).fill(bits), 45];
  const small = { evaluator: "kernel", polyModulusDegree: 8192, scaleBits: 30 } as const;
  if (quick) return [{ ...small, coeffModulusBits: chain(2, 30) }];
  const large = { evaluator: "kernel", polyModulusDegree: 16384 } as const;
  return [
    { ...small, coeffModulusBits: chain(4, 30) },
    { ...large, coeffModulusBits: chain(8, 30), scaleBits: 30 },
    { ...large, coeffModulusBits: chain(8, 40), scaleBits: 40 },
  ];
};

/** Noise that was observed against noise that was predicted. */
export const noise: ResearchFigure<NoiseData> = {
  name: "noise",
  title: "Noise, observed against predicted",
  width: "column",
  caption:
    "Noise of single operations on fresh ciphertexts of values uniform in ±1, and of repeated squares of ±1: log2 of the standard " +
    "deviation of the error in a slot's real part, times the scale. Observed by decrypting 500 and 100 trials at each N, scale and " +
    "evaluator, in all slots but the first, under fresh keys, whose 95 % confidence interval is shown; predicted by the variances of Cheon, Kim, Kim, Song " +
    "(ASIACRYPT 2017), as in Costache et al., On the precision loss in approximate homomorphic encryption (SAC 2023, ePrint 2022/162).",

  async measure(run) {
    const [operations, depth] = [operationCases(run.quick), depthCases(run.quick)];
    const ofKey = (trials: number) => (run.quick ? 2 : Math.ceil(trials / run.repeats));
    const trials = { operations: ofKey(allTrials.operations), depth: ofKey(allTrials.depth) };
    const observed = { operations: [] as Observed[], depth: [] as Observed[] };
    for (const given of operations) {
      const observation = { ...given, trials: trials.operations };
      observed.operations.push(await observeUnderKeys(run, "operations", observation, observeOperations));
    }
    for (const given of depth) {
      const observation = { ...given, trials: trials.depth };
      observed.depth.push(await observeUnderKeys(run, "depth", observation, observeDepth));
    }
    return {
      exact: {
        trials: { operations: trials.operations * run.repeats, depth: trials.depth * run.repeats },
        keys: run.repeats,
        operations: operations.map((given) => ({
          ...given,
          predictedBits: inBits(predictedOperations(given)),
        })),
        depth: depth.map((given) => ({
          ...given,
          predictedBits: inBits(Object.fromEntries(predictedDepth(given).entries())),
        })),
      },
      measured: observed,
    };
  },

  table({ exact, measured }): FigureTable {
    const { trials, keys } = exact;
    const rowsOf = (part: "operations" | "depth") =>
      exact[part].flatMap((given, i) =>
        Object.entries(given.predictedBits).map(([key, predicted]) => {
          const { mean, standardDeviation, confidence95 } = measured[part][i][key];
          const { evaluator, polyModulusDegree, scaleBits } = given;
          const what =
            part === "depth" ? ["square", Number(key)] : [noiseOperations[key as NoiseOperation], null];
          return [
            ...what,
            evaluator,
            polyModulusDegree,
            formatChain(parametersOf(given)),
            scaleBits,
            predicted,
            ...[mean, standardDeviation, ...confidence95],
            ...[keys, trials[part]],
          ];
        }),
      );
    return {
      columns: [
        ...["operation", "products", "evaluator", "n", "chain_bits", "scale_bits", "predicted_bits"],
        ...["observed_bits", "observed_sd_bits", "observed_low_bits", "observed_high_bits", "keys", "trials"],
      ],
      rows: [...rowsOf("operations"), ...rowsOf("depth")],
    };
  },

  draw(data) {
    return [
      { name: "against-predicted", figure: againstPredicted(data) },
      { name: "difference", figure: difference(data) },
      { name: "depth", figure: byDepth(data) },
    ];
  },
};

async function observeUnderKeys(
  run: FigureRun,
  part: string,
  { trials, ...given }: NoiseCase & Pick<Observation, "trials">,
  observe: (given: NoiseCase, by: Observation) => Promise<Readonly<Record<string, number>>>,
): Promise<Observed> {
  const { evaluator, polyModulusDegree, scaleBits } = given;
  const name = `${part}, N ${polyModulusDegree}, scale 2^${scaleBits}, ${evaluator}`;
  const random = run.random(name);
  return run.repeat(name, () => observe(given, { trials, random, signal: run.signal }));
}

/** Logarithms to six places, in which no two machines' arithmetic differs. */
const inBits = (deviations: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(
    Object.entries(deviations).map(([key, value]) => [key, Number(Math.log2(value).toFixed(6))]),
  );

const shortName = ({ evaluator, polyModulusDegree, scaleBits }: NoiseCase) =>
  `${polyModulusDegree}, ${evaluator === "seal" ? "SEAL" : `2^${scaleBits}`}`;

const noiseAxis = (of: string) => `${of} noise (bits)`;

function againstPredicted({ exact, measured }: NoiseData) {
  const all = exact.operations.flatMap(({ predictedBits }) => Object.values(predictedBits));
  const ends = [Math.floor(Math.min(...all)) - 1, Math.ceil(Math.max(...all)) + 1];
  return measuredPlot(
    [
      ...operationKeys.map((key): MeasuredSeries => {
        const seen = measured.operations.map((observed) => observed[key]);
        return {
          name: noiseOperations[key],
          x: exact.operations.map(({ predictedBits }) => predictedBits[key]),
          y: seen.map(({ mean }) => mean),
          interval: seen.map(({ confidence95 }) => confidence95),
          drawn: "points",
        };
      }),
      { name: "as predicted", x: ends, y: ends, drawn: "curve", style: 6 },
    ],
    {
      title: "Noise, observed against predicted",
      x: { title: noiseAxis("predicted") },
      y: { title: noiseAxis("observed") },
      height: 460,
    },
  );
}

function difference({ exact, measured }: NoiseData) {
  const { operations } = exact;
  const apart = 0.8 / operations.length;
  return measuredPlot(
    operations.map((given, i): MeasuredSeries => {
      const beyond = (key: string, bits: number) => bits - given.predictedBits[key];
      return {
        name: shortName(given),
        x: operationKeys.map((_, place) => place + apart * (i - (operations.length - 1) / 2)),
        y: operationKeys.map((key) => beyond(key, measured.operations[i][key].mean)),
        interval: operationKeys.map((key) => {
          const [low, high] = measured.operations[i][key].confidence95;
          return [beyond(key, low), beyond(key, high)];
        }),
        drawn: "points",
      };
    }),
    {
      title: "Observed beyond predicted noise",
      caption: ["of N, scale; intervals: 95 % confidence over keys"],
      x: { title: "operation", names: operationKeys.map((key) => noiseOperations[key]) },
      y: { title: "beyond predicted (bits)" },
      height: 480,
    },
  );
}

function byDepth({ exact, measured }: NoiseData) {
  return measuredPlot(
    exact.depth.flatMap((given, i): MeasuredSeries[] => {
      const depths = Object.keys(given.predictedBits).map(Number);
      const seen = depths.map((depth) => measured.depth[i][depth]);
      return [
        {
          name: `${shortName(given)}`,
          x: depths,
          y: depths.map((depth) => given.predictedBits[depth]),
          drawn: "curve",
          style: i,
        },
        {
          name: "observed",
          x: depths,
          y: seen.map(({ mean }) => mean),
          interval: seen.map(({ confidence95 }) => confidence95),
          drawn: "points",
          style: i,
        },
      ];
    }),
    {
      title: "Noise by depth: squares of ±1",
      caption: ["of N, scale; lines predicted, points observed"],
      x: { title: "products one after the other" },
      y: { title: noiseAxis("").trim() },
      height: 460,
    },
  );
}
