/** What page and kernel worker say to each other. */
import type { MimeBundle } from "../display/mime.js";

/** An output of a cell, as Jupyter's messages of the same names have it. */
export type CellOutput =
  | { readonly type: "stream"; readonly name: StreamName; readonly text: string }
  | ({ readonly type: "display_data" | "update_display_data" } & Displayed)
  | { readonly type: "execute_result"; readonly data: MimeBundle }
  | CellError;

/** The content of a message that shows something; `transient.display_id` names it for later updates. */
export interface Displayed {
  readonly data: MimeBundle;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly transient: Readonly<Record<string, unknown>>;
}

/** Why a cell did not come to its end. */
export interface CellError {
  readonly type: "error";
  readonly ename: string;
  readonly evalue: string;
  readonly traceback: readonly string[];
}

export type StreamName = "stdout" | "stderr";

/** To the worker. */
export type KernelRequest =
  | {
      readonly type: "start";
      /** Address of the library's folder, which ends in `/`. */
      readonly library: string;
      /** The notebook's folder, as `notebooks/exercises`. */
      readonly folder: string;
    }
  | {
      readonly type: "execute";
      /** The number in the cell's brackets. */
      readonly count: number;
      readonly code: string;
    };

/** From the worker; outputs of a run come before its `done`, or later where the cell left something running. */
export type KernelEvent =
  | { readonly type: "ready" }
  | { readonly type: "failed"; readonly message: string }
  | { readonly type: "output"; readonly count: number; readonly output: CellOutput }
  | { readonly type: "done"; readonly count: number; readonly failure?: CellError }
  | OpenWorker;

/** The page is to open a worker, since in Firefox 153 `new Worker` within a worker at times never returns. */
export interface OpenWorker {
  readonly type: "open-worker";
  readonly url: string;
  readonly name: string;
  /** Through it goes what the two workers say to each other. */
  readonly port: MessagePort;
}
