import { measuredPlot, type MeasuredSeries } from "../viz/measured-plot.js";
import type { Repeated, ResearchFigure } from "./research-figure.js";
import {
  chainOf,
  policies,
  runPolicy,
  type DenseSquare,
  type RescalingPolicy,
} from "./rescaling-policies.js";

type Case = DenseSquare & {
  readonly policy: RescalingPolicy;
  readonly coeffModulusBits: readonly number[];
  readonly rescales: number;
};

type Seen = Pick<Repeated, "mean" | "confidence95" | "values">;

export type RescalingData = {
  readonly exact: readonly Case[];
  readonly measured: readonly { readonly milliseconds: Seen; readonly rmsError: Seen }[];
};

const names = Object.keys(policies) as RescalingPolicy[];

/** What it takes to rescale early or late. */
export const rescaling: ResearchFigure<RescalingData> = {
  name: "rescaling",
  title: "Eager and lazy rescaling",
  caption:
    "A dense layer of 16 inputs and 8 outputs and the square behind it, on a batch of N / 2 images with a value of each in a ciphertext, on one thread: rescaled " +
    "behind each product, behind each sum (lazy: Boemer et al., nGraph-HE2, WAHC 2019, arXiv 1908.04172), or only behind the square (the waterline " +
    "of Dathathri et al., EVA, PLDI 2020, arXiv 1912.11951, which this library's plans follow), over N. The first two need a chain of [50, 30, 30 | 50] bits, the last one " +
    "[50, 50 | 50]. Each value is the least of 3 runs; means over keys and their 95 % confidence intervals.",

  async measure(run) {
    const size = run.quick ? { inputs: 4, outputs: 2 } : { inputs: 16, outputs: 8 };
    const degrees = run.quick ? [8192] : [8192, 16384, 32768];
    const exact: Case[] = [];
    const measured: RescalingData["measured"][number][] = [];
    for (const polyModulusDegree of degrees) {
      for (const policy of names) {
        const layer = { ...size, polyModulusDegree };
        const seen = await run.repeat(`N ${polyModulusDegree}, ${policy}`, async (repetition) => {
          const random = run.random(`layer ${repetition}`);
          run.signal?.throwIfAborted();
          return { ...(await runPolicy(policy, layer, random, 3)) };
        });
        const { coeffModulusBits } = chainOf(policy, layer);
        exact.push({ ...layer, policy, coeffModulusBits, rescales: seen.rescales.values[0] });
        measured.push({ milliseconds: seen.milliseconds, rmsError: seen.rmsError });
      }
    }
    return { exact, measured };
  },

  table: ({ exact, measured }) => ({
    columns: [
      ...["N", "policy", "coefficient_modulus_bits", "rescales_count"],
      ...["time_ms", "time_low_95_ms", "time_high_95_ms", "rms_error", "repeats_count"],
    ],
    rows: exact.map(({ polyModulusDegree, policy, coeffModulusBits, rescales }, i) => {
      const { milliseconds, rmsError } = measured[i];
      const bits = coeffModulusBits.reduce((sum, each) => sum + each, 0);
      return [
        ...[polyModulusDegree, policy, bits, rescales, milliseconds.mean, ...milliseconds.confidence95],
        ...[rmsError.mean, milliseconds.values.length],
      ];
    }),
  }),

  draw: ({ exact, measured }) => {
    const series = names.map((policy): MeasuredSeries => {
      const own = exact.flatMap((each, i) => (each.policy === policy ? [{ ...each, ...measured[i] }] : []));
      return {
        name: policies[policy].name,
        x: own.map(({ polyModulusDegree }) => polyModulusDegree),
        y: own.map(({ milliseconds }) => milliseconds.mean),
        interval: own.map(({ milliseconds }) => milliseconds.confidence95),
      };
    });
    const ticks = [...new Set(exact.map(({ polyModulusDegree }) => polyModulusDegree))];
    return measuredPlot(series, {
      title: "A dense layer and a square",
      x: { title: "N (coefficients)", log: true, ticks },
      y: { title: "time (ms)", log: true },
      height: 480,
    });
  },
};
