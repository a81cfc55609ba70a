import type { SchemeParameters } from "../crypto/scheme-parameters.js";
import type { PlainTwin, RunProgress } from "../layers/run.js";
import type { LayerTrace } from "../layers/trace.js";
import type { LongWorkOptions } from "../long-work.js";
import type { Tensor } from "../tensor/tensor.js";
import { inTurn } from "./recording.js";
import type { TestedPart } from "./tested-part.js";

/** How a run is watched. */
export interface RunWatch extends Pick<LongWorkOptions, "signal"> {
  readonly onProgress?: (progress: RunProgress) => void;
  /** Called when the images are encrypted, and the steps begin. */
  readonly onEncrypted: () => void;
  /**
   * Told what each step's output decrypts to, and how long that took, before its trace comes: the images in turn, or more
   * than once where that costs nothing.
   */
  readonly onDecrypted: (values: Tensor, milliseconds: number) => void;
}

/** What one run took beside its steps. */
export interface RunCosts {
  readonly encryptMilliseconds: number;
  readonly inputBytes: number;
  readonly outputBytes: number;
}

/** A parameter set with its keys made and the weights encoded, ready to be run on images. */
export interface OpenedSet extends AsyncDisposable {
  /** Its layers, stages and re-encryptions, in order. */
  readonly steps: readonly { readonly name: string; readonly modelLayers?: readonly number[] }[];
  readonly keysMilliseconds: number;
  readonly evaluationKeyBytes: number;
  /** Images that are run at once. */
  readonly imagesAtOnce: number;
  run(images: Tensor, watch: RunWatch): AsyncGenerator<LayerTrace, RunCosts>;
}

/** What is to be opened. */
export interface SetToOpen<P = SchemeParameters> extends Pick<LongWorkOptions, "signal"> {
  readonly part: TestedPart;
  readonly parameters: P;
  /** Before which of the part's layers values are encrypted afresh. */
  readonly reencryptPositions: readonly number[];
}

/** The twin, which tells all that it decrypted. */
export function toldTwin<T>(twin: PlainTwin<T>, onDecrypted: RunWatch["onDecrypted"]): PlainTwin<T> {
  return {
    ...twin,
    decrypt(tensor) {
      const start = performance.now();
      const values = twin.decrypt(tensor);
      onDecrypted(values, performance.now() - start);
      return inTurn(values, twin.input.shape[0]);
    },
  };
}
