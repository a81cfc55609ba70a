import { setTimeout } from "node:timers/promises";
import { kernelMetadata } from "../tslab/kernel-metadata.js";
import { Kernel, type ExecuteReply } from "./kernel.js";
import type { KernelLaunch } from "./kernel-process.js";
import { isToRun, tagsOf, type Cell, type CodeCell, type Notebook, type Output } from "./notebook-file.js";
import { OutputCollector } from "./outputs.js";
import type { OnPublished } from "./protocol/client.js";

export interface RunNotebookOptions {
  /** The folder that relative paths in cells start from; Jupyter's custom is the notebook's own. */
  readonly cwd: string;
  /** How long one cell may take, in seconds; 600 if left out. */
  readonly timeoutSeconds?: number;
  /** Stops the run and the kernel. */
  readonly signal?: AbortSignal;
  /** How the kernel is started, if not as usual. */
  readonly launch?: KernelLaunch;
  /** The kernel is ended when cells have printed and shown more than so many characters; no limit if left out. */
  readonly mostOutputCharacters?: number;
  /** Told before each code cell that is run. */
  readonly onCell?: (progress: CellProgress) => void;
}

/** Code cells count from 1, as Jupyter numbers them in a fresh run; those that are not run do not count. */
export interface CellProgress {
  readonly cell: number;
  readonly cells: number;
  readonly id: string;
}

/** Why a run stopped before its end. */
export interface CellFailure {
  /** From 1, as in `CellProgress`. */
  readonly cell: number;
  readonly id: string;
  /** One line or more: the error, the time limit, or how the kernel ended. */
  readonly message: string;
}

export interface RunResult {
  /** With the outputs of all cells that were run. */
  readonly notebook: Notebook;
  /** Missing if every cell ran to its end. */
  readonly failure?: CellFailure;
  /** Code cells that ran to their end. */
  readonly cells: number;
}

/** How long an interrupted cell gets to end, before the kernel is killed. */
const interruptSeconds = 3;

/** How long after the last cell something that it did not wait for is still heard of when it fails. */
const strayMilliseconds = 250;

/**
 * Runs all code cells of a notebook in their order on a new kernel, which has ended when this returns or throws.
 * A cell that fails stops the run, also when that happens after its end, in a timer or in a promise that nobody waits for;
 * unless it is tagged `raises-exception`, as in Jupyter. Cells tagged `skip-execution` are left as they are.
 *
 * @throws the signal's reason when it aborts; KernelEndedError if no kernel starts
 * @example
 * const { notebook, failure } = await runNotebook(await readNotebook("a.ipynb"), { cwd: ".", timeoutSeconds: 60 });
 */
export async function runNotebook(notebook: Notebook, options: RunNotebookOptions): Promise<RunResult> {
  const { cwd, timeoutSeconds = 600, signal, launch, onCell } = options;
  const cells = notebook.cells.map(withoutOutputs);
  const toRun = cells.filter(isToRun);

  await using kernel = await Kernel.start({ cwd, signal, launch });
  const abort = () => void kernel.kill();
  signal?.addEventListener("abort", abort, { once: true });
  try {
    const run: Notebook = {
      ...notebook,
      metadata: {
        ...notebook.metadata,
        kernelspec: kernelMetadata,
        language_info: kernel.languageInfo,
      },
      cells,
    };
    const listeners = limitedListeners(kernel, options.mostOutputCharacters);
    for (const [index, cell] of toRun.entries()) {
      signal?.throwIfAborted();
      const progress = { cell: index + 1, cells: toRun.length, id: cell.id };
      onCell?.(progress);
      const message = await runCell(kernel, listeners, cell, timeoutSeconds);
      signal?.throwIfAborted();
      cell.execution_count ??= progress.cell;
      if (message !== undefined) {
        return { notebook: run, failure: { cell: progress.cell, id: cell.id, message }, cells: index };
      }
      if (index === toRun.length - 1) await setTimeout(strayMilliseconds);
      const failure = strayFailure(toRun.slice(0, index + 1));
      if (failure) return { notebook: run, failure, cells: index + 1 };
    }
    return { notebook: run, cells: toRun.length };
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}

/** Makes a cell's listener, which collects its outputs. */
type Listeners = (outputs: Output[]) => OnPublished;

/** Listeners of all cells, which together take so many characters; at more the kernel is ended, and nothing collected. */
function limitedListeners(kernel: Kernel, mostCharacters = Infinity): Listeners {
  const collector = new OutputCollector();
  let characters = 0;
  return (outputs) => {
    const collect = collector.forCell(outputs);
    if (mostCharacters === Infinity) return collect;
    return (message) => {
      if (characters > mostCharacters) return;
      characters += JSON.stringify(message.content).length;
      if (characters <= mostCharacters) collect(message);
      else void kernel.endBecause(`cells printed more than ${mostCharacters} characters`);
    };
  };
}

/** Runs one cell; returns what went wrong, if anything did. */
async function runCell(
  kernel: Kernel,
  listeners: Listeners,
  cell: CodeCell,
  timeoutSeconds: number,
): Promise<string | undefined> {
  const forgiven = mayFail(cell);
  const execution: Promise<ExecuteReply | { error: Error }> = kernel
    .execute(cell.source, { onPublished: listeners(cell.outputs), stopOnError: !forgiven })
    .catch((error: Error) => ({ error }));
  const stop = new AbortController();
  const within = (seconds: number) =>
    Promise.race([execution, setTimeout(1000 * seconds, undefined, { signal: stop.signal })]);

  let outcome = await within(timeoutSeconds);
  let late: string | undefined;
  if (!outcome) {
    late = `it did not end within ${timeoutSeconds} s and was interrupted`;
    kernel.interrupt();
    outcome = await within(interruptSeconds);
    if (!outcome) {
      late += "; since that did not help, the kernel was ended";
      await kernel.kill();
    }
  }
  stop.abort();
  const reply = outcome && !("error" in outcome) ? outcome : undefined;
  cell.execution_count = reply?.execution_count ?? null;
  if (reply && late === undefined) {
    return reply.status === "ok" || forgiven ? undefined : errorText(cell, reply);
  }
  const [ename, evalue] =
    late === undefined && outcome && "error" in outcome
      ? ["KernelEnded", outcome.error.message]
      : ["TimedOut", late!];
  cell.outputs = cell.outputs.filter(({ output_type }) => output_type !== "error");
  cell.outputs.push({ output_type: "error", ename, evalue, traceback: [`${ename}: ${evalue}`] });
  return evalue;
}

/** A failure of a cell that had ended well. */
function strayFailure(ended: readonly CodeCell[]): CellFailure | undefined {
  const index = ended.findIndex(
    (cell) => !mayFail(cell) && cell.outputs.some(({ output_type }) => output_type === "error"),
  );
  if (index < 0) return undefined;
  const { id } = ended[index];
  return { cell: index + 1, id, message: `${errorText(ended[index])} (after the cell's end: await it)` };
}

function errorText(cell: CodeCell, { ename, evalue, status }: Partial<ExecuteReply> = {}): string {
  const error = cell.outputs.findLast((output) => output.output_type === "error");
  return `${error?.ename ?? ename ?? "Error"}: ${error?.evalue ?? evalue ?? `the kernel says ${status}`}`;
}

const mayFail = (cell: Cell) => tagsOf(cell).includes("raises-exception");

function withoutOutputs(cell: Cell): Cell {
  return isToRun(cell) ? { ...cell, outputs: [], execution_count: null } : cell;
}
