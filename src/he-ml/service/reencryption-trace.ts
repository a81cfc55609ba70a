import { noOperations } from "../crypto/operation-counts.js";
import { layerTrace, type LayerTrace } from "../layers/trace.js";
import { layerShapes } from "../model/model.js";
import type { Program } from "../program/program.js";
import type { ErrorStatistics } from "../tensor/error-statistics.js";

/** The kind of a trace that stands for what the client does between two parts of a model. */
export const reencryptionKind = "reencryption";

export const reencryptionName = ({ name }: { readonly name: string }) => `reencryption before ${name}`;

/** What is known of a re-encryption. */
export interface Reencrypted {
  /** Of the last layer or stage before it. */
  readonly left: LayerTrace;
  /** Of decryption and encryption. */
  readonly milliseconds: number;
  readonly error?: ErrorStatistics;
}

/** What the client did before a part: it decrypted what the part before left, and encrypted it afresh. */
export function reencryptionTrace(
  { model, layers, packing, parameters, clientSpec, plan }: Program,
  { left, milliseconds, error }: Reencrypted,
): LayerTrace {
  const { level, scale } = clientSpec.input;
  return layerTrace(parameters, {
    name: reencryptionName(model.layers[layers[0]]),
    kind: reencryptionKind,
    modelLayers: [],
    evaluator: left.evaluator,
    output: { shape: layerShapes(model)[layers[0]], packing, images: left.images, slotLayout: plan?.input },
    before: { level: left.level, scale: 2 ** left.scaleBits },
    after: { level, scale },
    ops: noOperations,
    milliseconds,
    error,
  });
}
