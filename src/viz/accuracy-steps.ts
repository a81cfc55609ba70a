import { isObject, requireArgument } from "../he-ml/arguments.js";
import { InputError } from "../he-ml/errors.js";
import type { BarData } from "plotly.js-dist-min";
import { plainText, type Figure } from "./figure.js";
import { seriesStyle, themed } from "./theme.js";

/** Shares of the test images that a network classified rightly, from 0 to 1, on its way to being encrypted. */
export interface ConversionAccuracy {
  /** As it came, with what cannot be encrypted. */
  readonly before: number;
  readonly afterReplacing: number;
  readonly afterFineTuning: number;
}

const steps = [
  ["before", "before"],
  ["afterReplacing", "after replacing"],
  ["afterFineTuning", "after fine-tuning"],
] as const satisfies readonly (readonly [keyof ConversionAccuracy, string])[];

/**
 * What making a network HE-friendly costs: the share of wrong answers before, after replacing its layers and after
 * fine-tuning, one bar each. Wrong answers are drawn because right ones are all near 100 %; each bar says both.
 *
 * @param conversions Accuracies by what took the layers' place.
 * @throws InputError if there are none.
 * @example accuracySteps({ square: { before: 0.989, afterReplacing: 0.95, afterFineTuning: 0.991 } })
 */
export function accuracySteps(conversions: Readonly<Record<string, ConversionAccuracy>>): Figure {
  const isConversion = (accuracy: ConversionAccuracy) =>
    isObject(accuracy) && steps.every(([step]) => Number.isFinite(accuracy[step]));
  const areConversions = isObject(conversions) && Object.values(conversions).every(isConversion);
  requireArgument(
    "accuracySteps",
    areConversions,
    `conversions by name, each { ${steps.map(([step]) => step).join(", ")} }`,
    conversions,
  );
  const series = Object.entries(conversions);
  if (series.length === 0) throw new InputError("accuracySteps: expected at least one conversion, got none");
  return {
    data: series.map(([name, accuracy], index) => bars(plainText(name), accuracy, index)),
    layout: themed({
      title: { text: "Making a network HE-friendly" },
      showlegend: series.length > 1,
      xaxis: { type: "category", categoryarray: steps.map(([, label]) => label) },
      yaxis: { title: { text: "wrong answers on test images (%)" }, rangemode: "tozero" },
      bargap: 0.3,
    }),
  };
}

function bars(name: string, accuracy: ConversionAccuracy, index: number): Partial<BarData> {
  const { color, pattern } = seriesStyle(index);
  const shares = steps.map(([step]) => accuracy[step]);
  const text = shares.map((share) => `${(100 * share).toFixed(2)} %<br>right`);
  return {
    type: "bar",
    name,
    x: steps.map(([, label]) => label),
    y: shares.map((share) => 100 * (1 - share)),
    text,
    textposition: "outside",
    textangle: 0,
    constraintext: "none",
    cliponaxis: false,
    hovertemplate: `%{x}: %{text}<extra>${name}</extra>`,
    marker: { color, line: { color, width: 1 }, pattern: { shape: pattern, fillmode: "replace" } },
  };
}
