import Table from "cli-table3";
import type { InspectedLayer, Inspection } from "../he-ml/model/inspection.js";
import type { UnsupportedLayer } from "../he-ml/model/unsupported-layers.js";
import { formatShape } from "../he-ml/tensor/tensor.js";

/** An inspection as a table and a few lines. */
export function inspectionText(inspection: Inspection): string {
  const { model, inputShape, inputRange, layers, parameters, depth, rangesFrom, unsupported, notes } =
    inspection;
  const table = new Table({
    head: ["layer", "name", "kind", "output", "parameters", "min", "max"],
    colAligns: ["right", "left", "left", "right", "right", "right", "right"],
    style: { head: [], border: [], compact: true },
  });
  table.push(["", "input", "", formatShape(inputShape), "", ...rangeCells(inputRange)]);
  for (const layer of layers) {
    table.push([
      layer.index,
      shown(layer.name),
      layer.kind,
      formatShape(layer.outputShape),
      layer.parameters || "",
      ...rangeCells(layer.range),
    ]);
  }
  return [
    `model ${JSON.stringify(model)}: ${layers.length} layers, ${parameters.toLocaleString("en-US")} parameters`,
    table.toString(),
    rangesFrom === null
      ? "value ranges are not known; give --dataset to measure them"
      : `value ranges from ${rangesFrom}`,
    depth.total === null
      ? unsupportedText(model, unsupported)
      : `can be encrypted; multiplicative depth ${depth.total}: ${depth.ciphertext} of ciphertexts with each other, ` +
        `${depth.total - depth.ciphertext!} with weights`,
    ...notes.map((note) => `note: ${shown(note)}`),
  ].join("\n");
}

/** What cannot be encrypted, a line each. */
export function unsupportedText(model: string, layers: readonly UnsupportedLayer[]): string {
  const count = layers.length === 1 ? "1 layer stands" : `${layers.length} layers stand`;
  const each = layers.map(
    ({ position, name, op, remedy }) => `  layer ${position} ${JSON.stringify(name)} (${op}): ${remedy}`,
  );
  return [`model ${JSON.stringify(model)} cannot be encrypted as it is; ${count} in the way:`, ...each].join(
    "\n",
  );
}

/** Without control characters, which a terminal would obey. */
const shown = (text: string) => text.replaceAll(/\p{Cc}+/gu, " ");

const rangeCells = (range: InspectedLayer["range"]): [string, string] =>
  range ? [range.min.toFixed(2), range.max.toFixed(2)] : ["", ""];
