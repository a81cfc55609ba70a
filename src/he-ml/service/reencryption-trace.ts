import type { CkksParameters } from "../crypto/parameters.js";
import { noOperations } from "../crypto/operation-counts.js";
import { layerTrace, type LayerTrace } from "../layers/trace.js";
import type { ClientSpec } from "../program/client-spec.js";
import type { ErrorStatistics } from "../tensor/error-statistics.js";

/** The kind of a trace that stands for what the client does between two parts of a model. */
export const reencryptionKind = "reencryption";

export const reencryptionName = ({ name }: { readonly name: string }) => `reencryption before ${name}`;

/** What is known of a re-encryption. */
export interface Reencrypted {
  /** Of the last layer or stage before it. */
  readonly left: Pick<LayerTrace, "level" | "scaleBits" | "evaluator" | "images">;
  /** Of decryption and encryption. */
  readonly milliseconds: number;
  readonly error?: ErrorStatistics;
}

/**
 * What the client did before a part: it decrypted what the part before left, and encrypted it afresh.
 *
 * @param layer the first of the part
 */
export function reencryptionTrace(
  layer: { readonly name: string },
  { parameters, clientSpec }: { readonly parameters: CkksParameters; readonly clientSpec: ClientSpec },
  { left, milliseconds, error }: Reencrypted,
): LayerTrace {
  const { packing, inputShape: shape, slotLayout, input } = clientSpec;
  return layerTrace(parameters, {
    name: reencryptionName(layer),
    kind: reencryptionKind,
    modelLayers: [],
    evaluator: left.evaluator,
    output: { shape, packing, images: left.images, slotLayout },
    before: { level: left.level, scale: 2 ** left.scaleBits },
    after: { level: input.level, scale: input.scale },
    ops: noOperations,
    milliseconds,
    error,
  });
}
