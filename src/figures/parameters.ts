import { InputError } from "../he-ml/errors.js";
import { modelForward } from "../he-ml/model/model.js";
import { testParameters } from "../he-ml/node/test-parameters.js";
import { argmax, imageAt } from "../he-ml/tensor/tensor.js";
import { loadTestImages } from "../train/load-dataset.js";
import { measuredPlot, type MeasuredSeries } from "../viz/measured-plot.js";
import { withImages } from "./mnist-networks.js";
import type { Repeated, ResearchFigure } from "./research-figure.js";

/** As a file of the parameter tester has it. */
type ParameterSet = {
  readonly packing: "packed" | "batch";
  readonly poly_modulus_degree: number;
  readonly coeff_modulus_bits: readonly number[];
  readonly scale_bits: number;
  readonly weight_scale_bits: number;
};

const results = {
  largestError: { column: "largest_error", title: "largest error of a logit" },
  rmsError: { column: "rms_error", title: "rms error of a logit" },
  milliseconds: { column: "evaluation_ms", title: "time of an evaluation (ms)" },
  agreement: { column: "agreement_percent", title: "classes as in the clear (%)" },
} as const;

type Result = keyof typeof results;

export type ParametersData = {
  readonly exact: {
    readonly images: number;
    /** Of the plain network on these images. */
    readonly plainAccuracyPercent: number;
    readonly sets: readonly ParameterSet[];
  };
  /** By set. */
  readonly measured: readonly Readonly<Record<Result, Pick<Repeated, "mean" | "confidence95" | "values">>>[];
};

function setsOf(quick: boolean): ParameterSet[] {
  const family = (set: Omit<ParameterSet, "scale_bits">, scales: readonly number[]) =>
    scales.map((scale_bits) => ({ ...set, scale_bits }));
  const small = { packing: "packed", poly_modulus_degree: 8192, weight_scale_bits: 16 } as const;
  const packed = { ...small, coeff_modulus_bits: [50, 50, 50, 50] };
  if (quick) return family(packed, [20]);
  const large = { packing: "packed", poly_modulus_degree: 16384, weight_scale_bits: 20 } as const;
  return [
    ...family(packed, [14, 16, 18, 20]),
    ...family({ ...large, coeff_modulus_bits: [60, 60, 60, 60] }, [14, 18, 20, 22]),
    ...family({ ...small, packing: "batch", coeff_modulus_bits: [50, 60, 48, 60] }, [16, 18, 20]),
  ];
}

/** What parameters come to. */
export const parameters: ResearchFigure<ParametersData> = {
  name: "parameters",
  title: "Parameters against time, error and accuracy",
  caption:
    "mnist-small under CKKS parameters of the sweep that he-ml test-parameters runs: degree N, primes in bits, packing, and the scale of inputs, on the first 40 test images of MNIST; weights at 2^16, " +
    "and at 2^20 where N = 16384. Time of one evaluation, of one image packed or a whole batch; errors of the logits against the plain network's; share of images whose class is the plain network's " +
    "(in a batch an image fills 16 slots, and all of them count). Means over runs under fresh keys and their 95 % confidence intervals.",
  width: "column",

  async measure(run) {
    const count = run.quick ? 2 : 40;
    const { model, images } = await withImages("mnist-small", count);
    const { labels } = await loadTestImages("mnist", [...Array(count).keys()]);
    const logits = modelForward(model, images).at(-1)!;
    const right = [...labels].filter((label, i) => argmax(imageAt(logits, i).data) === label).length;
    const sets = setsOf(run.quick);
    const measured: ParametersData["measured"][number][] = [];
    for (const [i, set] of sets.entries()) {
      measured.push(
        await run.repeat(`set ${i + 1} of ${sets.length}`, async () => {
          const report = await testParameters(
            model,
            images,
            { encryption_parameters: [set] },
            { signal: run.signal },
          );
          return resultsOf(report.results[0]);
        }),
      );
    }
    return { exact: { images: count, plainAccuracyPercent: (100 * right) / count, sets }, measured };
  },

  table: ({ exact, measured }) => ({
    columns: [
      ...["packing", "N", "coefficient_modulus_bits", "scale_bits", "weight_scale_bits"],
      ...Object.values(results).flatMap(({ column }) => [column, `low_95_${column}`, `high_95_${column}`]),
      ...["plain_accuracy_percent", "repeats_count"],
    ],
    rows: exact.sets.map((set, i) => [
      ...[set.packing, set.poly_modulus_degree, set.coeff_modulus_bits.join(" ")],
      ...[set.scale_bits, set.weight_scale_bits],
      ...resultNames.flatMap((name) => [measured[i][name].mean, ...measured[i][name].confidence95]),
      ...[exact.plainAccuracyPercent, measured[i].milliseconds.values.length],
    ]),
  }),

  draw: ({ exact, measured }) => {
    const families = [...new Set(exact.sets.map(familyName))];
    return resultNames.map((name) => ({
      name: results[name].column.replaceAll("_", "-"),
      figure: measuredPlot(
        families.map((family): MeasuredSeries => {
          const own = exact.sets.flatMap((set, i) =>
            familyName(set) === family ? [{ x: set.scale_bits, seen: measured[i][name] }] : [],
          );
          return {
            name: family,
            x: own.map(({ x }) => x),
            y: own.map(({ seen }) => seen.mean),
            interval: own.map(({ seen }) => seen.confidence95),
          };
        }),
        {
          title: "mnist-small under CKKS parameters",
          x: { title: "scale of inputs (bits)" },
          y: { title: results[name].title, log: name !== "agreement" },
          height: 500,
        },
      ),
    }));
  },
};

const resultNames = Object.keys(results) as Result[];

function familyName({ packing, poly_modulus_degree: N, coeff_modulus_bits: bits }: ParameterSet): string {
  return `${packing}, N = ${N} [${bits.slice(0, -1).join(", ")} | ${bits.at(-1)}]`;
}

type TestedSet = Awaited<ReturnType<typeof testParameters>>["results"][number];

function resultsOf(set: TestedSet): Record<Result, number> {
  const { status, reason, images, max_error, rms_error, argmax_flips, milliseconds } = set;
  if (status === "failed") {
    throw new InputError(
      `parameters: expected sets that the network runs with, got one that fails: ${reason}`,
    );
  }
  const evaluations = set.parameters!.packing === "batch" ? 1 : images;
  return {
    largestError: max_error!,
    rmsError: rms_error!,
    milliseconds: milliseconds!.evaluate / evaluations,
    agreement: 100 * (1 - argmax_flips! / images),
  };
}
