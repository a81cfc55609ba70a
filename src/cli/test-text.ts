import Table from "cli-table3";
import { formatChain } from "../he-ml/crypto/parameters.js";
import type { TestedSet, TestReport } from "../he-ml/parameters-tester/test-report.js";
import { errorText, formatCount, seconds } from "../viz/units.js";

/** One row a parameter set; then, of those that cannot work, why. */
export function testTable({ model, dataset, index, count, layers, results }: TestReport): string {
  const table = new Table({
    head: ["set", "parameters", "packing", "largest error", "left", "flips", "evaluate"],
    colAligns: ["right", "left", "left", "right", "right", "right", "right"],
    style: { head: [], border: [], compact: true },
  });
  results.forEach((set, i) => table.push([i + 1, parametersText(set), ...outcome(set)]));
  return [
    `${model}, layers ${layers[0]}–${layers.at(-1)}, ${formatCount(count, "image")} of ${dataset} from ${index} on`,
    table.toString(),
    ...results.flatMap((set, i) => (set.status === "failed" ? [`set ${i + 1} ${reasonText(set)}`] : [])),
    `"left" at the output: bits of noise budget (BFV), or level and bits of headroom (CKKS)` +
      (results.some((set) => set.insecure_for_teaching) ? `; * no security, for teaching only` : ""),
  ].join("\n");
}

function outcome(set: TestedSet): (string | number)[] {
  const { parameters, final_max_error, argmax_flips, milliseconds } = set;
  if (set.status === "failed") return [parameters?.packing ?? "", "failed", "", "", ""];
  return [
    parameters!.packing,
    errorText(final_max_error ?? NaN),
    leftText(set),
    argmax_flips!,
    seconds(milliseconds!.evaluate),
  ];
}

function parametersText({ parameters, given, insecure_for_teaching }: TestedSet): string {
  const mark = insecure_for_teaching ? " *" : "";
  // Longer than any set that is meant seriously.
  if (!parameters) return `${JSON.stringify(given).slice(0, 120)}${mark}`;
  const { poly_modulus_degree, coeff_modulus_bits: coeffModulusBits } = parameters;
  const { scale_bits, weight_scale_bits, plain_modulus, reencrypt_positions } = parameters;
  const { base, integer_digits, fraction_digits } = parameters;
  return [
    `N = ${poly_modulus_degree} ${coeffModulusBits.length > 1 ? formatChain({ coeffModulusBits }) : `[${coeffModulusBits[0]}]`}`,
    ...(scale_bits === undefined ? [] : [`scales ${scale_bits}, ${weight_scale_bits}`]),
    ...(plain_modulus === undefined ? [] : [`p = ${plain_modulus}`]),
    ...(base === undefined ? [] : [`${integer_digits} + ${fraction_digits} digits in base ${base}`]),
    ...(reencrypt_positions.length === 0 ? [] : [`re-encrypted before ${reencrypt_positions.join(", ")}`]),
  ]
    .join(", ")
    .concat(mark);
}

function leftText({ layers }: TestedSet): string {
  const { noise_budget, level, headroom_bits } = layers.at(-1)!.after;
  if (noise_budget !== null) return `${noise_budget.toFixed(0)} bits`;
  return `level ${level}, ${headroom_bits?.toFixed(0)} bits`;
}

function reasonText({ failed_layer, reason }: TestedSet): string {
  const where = failed_layer ? ` at layer ${failed_layer.index} (${failed_layer.layer_name})` : "";
  return `fails${where}: ${reason}`;
}
