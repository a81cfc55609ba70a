import type { LayerTrace } from "../layers/trace.js";
import { argmax, imageAt, type Tensor } from "../tensor/tensor.js";

/** What a remote inference goes through, in the order of its beginning. */
export const remoteStages = ["encrypt", "upload", "queue", "evaluate", "download", "decrypt"] as const;
export type RemoteStage = (typeof remoteStages)[number];

/** What images came to on remote servers, and what that took. */
export interface RemoteInference {
  /** `[n, …outputShape]` */
  readonly logits: Tensor;
  /** The largest logit's position, of each image. */
  readonly predicted: readonly number[];
  /**
   * Of each layer or stage; what the client encrypted afresh between two is a trace of kind `reencryption`. None by `POST /compute`, which
   * tells of no layer.
   */
  readonly traces: readonly LayerTrace[];
  /** Of all servers together; `upload` holds whatever the way takes beside the answer's own bytes. */
  readonly milliseconds: Readonly<Record<RemoteStage, number>>;
  readonly bytes: { readonly input: number; readonly output: number; readonly evaluationKeys: number };
}

export const noMilliseconds = (): Record<RemoteStage, number> => ({
  ...{ encrypt: 0, upload: 0, queue: 0, evaluate: 0, download: 0, decrypt: 0 },
});

/** What logits say, with what they took. */
export function inferenceOf(
  logits: Tensor,
  rest: Omit<RemoteInference, "logits" | "predicted">,
): RemoteInference {
  const predicted = Array.from({ length: logits.shape[0] }, (_, image) =>
    argmax(imageAt(logits, image).data),
  );
  return { logits, predicted, ...rest };
}
