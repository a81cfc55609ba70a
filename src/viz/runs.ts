import { requireList } from "../he-ml/arguments.js";
import { InputError } from "../he-ml/errors.js";
import type { LayerTrace } from "../he-ml/layers/trace.js";
import { requireTraces } from "./check.js";
import { plainText } from "./figure.js";
import type { LayoutAxis } from "./plotly-types.js";

/** The traces of one run, under the name that the legend gives it. */
export interface Run {
  readonly label: string;
  readonly traces: readonly LayerTrace[];
}

/** What the figures of a run take: the traces of one run, or several named runs to lay over each other. */
export type Traces = readonly LayerTrace[] | readonly Run[];

/** A trace with the name that its layer has on the axis of a figure: safe as text, unique in its run. */
export interface NamedTrace {
  readonly layer: string;
  readonly trace: LayerTrace;
}

export interface NamedRun {
  /** Safe as text; empty for a run that came without a name. */
  readonly label: string;
  readonly layers: readonly NamedTrace[];
}

/**
 * Brings what a figure was given into one form.
 *
 * @throws InputError if there is no run, or one of them has no traces.
 */
export function namedRuns(figure: string, traces: Traces): NamedRun[] {
  requireList(figure, traces, "a list of traces, or of runs as { label, traces }");
  const runs: readonly Run[] = isRuns(traces) ? traces : [{ label: "", traces }];
  if (runs.length === 0) throw new InputError(`${figure}: expected at least one run, got none`);
  return runs.map(({ label, traces }) => {
    requireTraces(figure, traces);
    if (traces.length === 0) {
      throw new InputError(
        `${figure}: expected at least one layer trace${label && ` in run "${label}"`}, got none; ` +
          `run the model first`,
      );
    }
    return { label: plainText(label), layers: nameTraces(traces) };
  });
}

function isRuns(traces: Traces): traces is readonly Run[] {
  return traces.length > 0 && "traces" in traces[0];
}

/** A name that comes back in one run, say of a second re-encryption, gets a number: an axis would merge the two. */
function nameTraces(traces: readonly LayerTrace[]): NamedTrace[] {
  const seen = new Map<string, number>();
  return traces.map((trace) => {
    const count = (seen.get(trace.name) ?? 0) + 1;
    seen.set(trace.name, count);
    const name = plainText(trace.name);
    return { layer: count === 1 ? name : `${name} (${count})`, trace };
  });
}

/**
 * The layers of all runs in the order in which they are run. A layer that only a later run has stands
 * after the one that it follows there.
 */
export function layersInOrder(runs: readonly NamedRun[]): string[] {
  const order: string[] = [];
  for (const run of runs) {
    let next = 0;
    for (const { layer } of run.layers) {
      const position = order.indexOf(layer);
      if (position < 0) order.splice(next, 0, layer);
      next = (position < 0 ? next : position) + 1;
    }
  }
  return order;
}

/** What the traces of a run are of: a stage holds several layers, and where there is one, the others are stages too. */
export function unitOf(traces: readonly LayerTrace[]): "stage" | "layer" {
  return traces.some(({ kind }) => kind === "stage") ? "stage" : "layer";
}

/** The same for several runs: laid over each other, stages stand among the layers of the other runs. */
export function unitOfRuns(runs: readonly NamedRun[]): "stage" | "layer" {
  const units = runs.map(({ layers }) => unitOf(layers.map(({ trace }) => trace)));
  return units.every((unit) => unit === "stage") ? "stage" : "layer";
}

/** An axis with one place a layer, in this order. Plotly would read names such as "0" and "1" as numbers. */
export function layerAxis(layers: readonly string[], unit: "stage" | "layer"): LayoutAxis {
  return {
    type: "category",
    categoryorder: "array",
    categoryarray: [...layers],
    range: [-0.5, layers.length - 0.5],
    title: { text: unit },
  };
}
