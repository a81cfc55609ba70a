/** What a kernel asks the worker that knows the types of cells, and what it answers: contents of Jupyter's messages. */

/** A match of a completion, as JupyterLab shows it: positions in code points, `type` as TypeScript calls it (`method`). */
export interface CompletionItem {
  text: string;
  type: string;
  start: number;
  end: number;
}

/** The content of a `complete_reply`: the matches replace what stands from `cursor_start` to `cursor_end`. */
export interface CompleteReply {
  status: "ok";
  matches: string[];
  cursor_start: number;
  cursor_end: number;
  metadata: { _jupyter_types_experimental: CompletionItem[] };
}

/** The content of an `inspect_reply`. */
export interface InspectReply {
  status: "ok";
  found: boolean;
  /** By media type: `text/plain` and `text/markdown` where something was found. */
  data: Record<string, string>;
  metadata: Record<string, never>;
}

/** The content of an `is_complete_reply`. */
export interface IsCompleteReply {
  status: "complete" | "incomplete" | "invalid" | "unknown";
  /** With `incomplete`: what the next line begins with. */
  indent?: string;
}

/** An error in a cell's syntax or types; line and column from 1. */
export interface CellDiagnostic {
  line: number;
  column: number;
  message: string;
}

/** A question, or a cell that ran: its names are known from then on. `cursor` counts code points, as Jupyter's protocol does. */
export type LanguageRequest = { id: number } & (
  | { ask: "complete"; code: string; cursor: number }
  | { ask: "inspect"; code: string; cursor: number; detail: 0 | 1 }
  | { ask: "isComplete"; code: string }
  | { ask: "diagnostics"; code: string }
  | { ask: "cellRan"; code: string }
);

/** The answer to the request of that `id` (of `cellRan`: nothing), or why there is none. */
export type LanguageResponse =
  | { id: number; answer: CompleteReply | InspectReply | IsCompleteReply | CellDiagnostic[] | undefined }
  | { id: number; error: string };
