import { isList, isObject, requireArgument, requireList } from "../../he-ml/arguments.js";
import type { LayerTrace } from "../../he-ml/layers/trace.js";
import type { Run } from "../../viz/runs.js";
import { table, type NotebookTable } from "./table.js";

/**
 * What several runs of one network took for the same layers: a group of rows for each trace of the first run, and in
 * it a row for each run.
 *
 * @param runs the first one with the fewest traces, such as fused stages
 * @example stageBill([{ label: "fused", traces: fused }, { label: "fuse: false", traces: layerByLayer }])
 */
export function stageBill(runs: readonly Run[]): NotebookTable {
  const isRun = (run: unknown) => isObject(run) && "traces" in run && isList(run.traces);
  requireList("stageBill", runs, "a list of runs, as { label, traces }", isRun);
  requireArgument("stageBill", runs.length > 0, "at least one run", runs);
  const rows = runs[0].traces.flatMap(({ name, modelLayers }) =>
    runs.map(({ label, traces }, i) => {
      const within = traces.filter((trace) => modelLayers.includes(trace.modelLayers[0]));
      return { stage: i === 0 ? name : "", run: label, ...sumsOf(within) };
    }),
  );
  return table(rows);
}

function sumsOf(traces: readonly LayerTrace[]) {
  const sum = (of: (trace: LayerTrace) => number) => traces.reduce((total, trace) => total + of(trace), 0);
  return {
    "errors seen": traces.filter(({ error }) => error).length,
    rotations: sum(({ ops }) => ops.rotate),
    products: sum(({ ops }) => ops.multiplyPlain),
    squares: sum(({ ops }) => ops.square),
    rescales: sum(({ ops }) => ops.rescale),
    ms: Math.round(sum(({ milliseconds }) => milliseconds)),
  };
}
