import type { FullSlotLayout } from "../layout/full-slot-layout.js";
import { applyTransform, type LinearTransform } from "../matvec/linear-transform.js";
import { activate, type Activation } from "../stages/activation.js";

/** A stage as far as slots go. */
export interface SlotStage {
  readonly transform?: LinearTransform;
  readonly output: FullSlotLayout;
  readonly activation?: Activation;
}

/** What lies in all slots of some ciphertexts. */
export type Slots = readonly Float64Array[];

/** What one image makes of all slots, by stage. */
export interface SlotRun {
  /** What each stage reads. */
  readonly inputs: readonly Slots[];
  /** What it makes before its activation, and behind it. */
  readonly outputs: readonly Slots[];
  readonly activated: readonly Slots[];
}

/** Computes the stages on plain slots, those that hold no value included. */
export function runSlots(stages: readonly SlotStage[], sample: Slots): SlotRun {
  const run = { inputs: [] as Slots[], outputs: [] as Slots[], activated: [] as Slots[] };
  let current = sample;
  for (const stage of stages) {
    run.inputs.push(current);
    const computed = beforeActivation(stage, current);
    run.outputs.push(computed);
    current = activated(stage, computed);
    run.activated.push(current);
  }
  return run;
}

/** The weighted sums of a stage and its bias. */
export function beforeActivation({ transform, output }: SlotStage, inputs: Slots): Slots {
  return transform ? withBias(transform, output, applyWeights(transform, inputs)) : inputs;
}

/** A stage's activation, if it has one, in every slot. */
export function activated({ activation }: SlotStage, computed: Slots): Slots {
  if (!activation) return computed;
  return computed.map((slots) => slots.map((value) => activate(activation, value)));
}

/** The linear transform with its map's own weights, without the bias. */
export function applyWeights(transform: LinearTransform, inputs: Slots): Float64Array[] {
  return applyTransform(transform, (entry) => transform.map.weights[entry], inputs);
}

function withBias({ map }: LinearTransform, output: FullSlotLayout, computed: Slots): Slots {
  return computed.map((slots, i) =>
    slots.map((value, at) => (output[i][at] < 0 ? value : value + map.bias[output[i][at]])),
  );
}
