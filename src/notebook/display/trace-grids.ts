import type { LayerTrace } from "../../he-ml/layers/trace.js";
import { formatShape } from "../../he-ml/tensor/tensor.js";
import { unitOf } from "../../viz/runs.js";
import { securityText } from "./crypto-grids.js";
import { factsGrid, recordsGrid, type Column, type Fact, type Grid } from "./grid.js";
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatError,
  formatMilliseconds,
  formatScale,
} from "./numbers.js";

export function traceGrid(trace: LayerTrace): Grid {
  const { name, kind, packing, images, shape, ciphertexts, bytes, modelLayers, milliseconds, error } = trace;
  return factsGrid(`Trace of "${name}"`, [
    ["kind", kind],
    [modelLayers.length === 1 ? "model layer" : "model layers", modelLayers.join(", ") || "none"],
    ["packing", `${packing}, ${formatCount(images, "image")}`],
    ["output shape for one image", formatShape(shape)],
    ["ciphertexts", `${ciphertexts} (${formatBytes(bytes)})`],
    ["level (data primes left)", levelText(trace)],
    ["scale", scaleText(trace)],
    ...(hasBudget(trace) ? [["noise budget", `${budgetText(trace)} bits`] as Fact] : []),
    ["operations", operationsText(trace.ops)],
    ["time", formatDuration(milliseconds)],
    ["rms error", error ? formatError(error.rms) : "not measured"],
    ["largest error", error ? formatError(error.maxAbs) : "not measured"],
    ["security", securityText(trace.security)],
  ]);
}

export function tracesGrid(traces: readonly LayerTrace[]): Grid {
  const columns: Column<LayerTrace>[] = [
    { head: unitOf(traces), cell: ({ name }) => name },
    { head: "output shape", cell: ({ shape }) => formatShape(shape) },
    { head: "level", cell: levelText },
    { head: "scale", cell: scaleText },
    { head: "ms", cell: ({ milliseconds }) => formatMilliseconds(milliseconds), rightAligned: true },
  ];
  if (traces.some(hasBudget)) {
    columns.push({ head: "noise budget", cell: budgetText, rightAligned: true });
  }
  if (traces.some(({ error }) => error)) {
    columns.push(
      { head: "rms error", cell: ({ error }) => (error ? formatError(error.rms) : ""), rightAligned: true },
      {
        head: "largest error",
        cell: ({ error }) => (error ? formatError(error.maxAbs) : ""),
        rightAligned: true,
      },
    );
  }
  // The widest comes last: where a screen is narrow, it is what one scrolls for.
  columns.push({ head: "operations", cell: ({ ops }) => operationsText(ops) });
  return recordsGrid(runText(traces), columns, traces);
}

function runText(traces: readonly LayerTrace[]): string {
  const each = (textOf: (trace: LayerTrace) => string) => [...new Set(traces.map(textOf))].join(" and ");
  const total = traces.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  return [
    `Trace of ${formatCount(traces.length, unitOf(traces))}`,
    each(({ packing, images }) => `packing ${packing}, ${formatCount(images, "image")}`),
    `security ${each(({ security }) => securityText(security))}`,
    `${formatDuration(total)} in all`,
  ].join("; ");
}

const levelText = ({ before, after }: LayerTrace) => fromTo(String(before.level), String(after.level));
const scaleText = ({ before, after }: LayerTrace) =>
  fromTo(formatScale(before.scaleBits), formatScale(after.scaleBits));
/** BFV's, where a secret key was at hand. */
const hasBudget = ({ after }: LayerTrace) => after.noiseBudget !== undefined;
const budgetText = ({ before, after }: LayerTrace) =>
  fromTo(String(before.noiseBudget ?? ""), String(after.noiseBudget ?? ""));
export const fromTo = (from: string, to: string) => (from === to ? to : `${from} → ${to}`);

export function operationsText(ops: LayerTrace["ops"]): string {
  const ran = Object.entries(ops).filter(([, times]) => times > 0);
  return ran.length === 0 ? "none" : ran.map(([name, times]) => `${times} ${name}`).join(", ");
}
