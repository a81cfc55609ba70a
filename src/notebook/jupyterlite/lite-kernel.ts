import { BaseKernel, type Header, type KernelOptions } from "@jupyterlite/services";
import { LanguageClient, type LanguageWorker } from "../browser/language-client.js";
import { openForWorker } from "./page-worker.js";
import type { CellError, CellOutput, KernelEvent, KernelRequest } from "../browser/kernel-messages.js";

interface ExecuteRequest {
  readonly code: string;
  readonly stop_on_error?: boolean;
}

type WorkerName = "kernel-worker" | "language-worker";

/** @param library address of the library's folder, which ends in `/` */
export const workerScript = (library: string, name: WorkerName): string =>
  new URL(`kernel/${name}.js`, library).href;

/** The kernel as JupyterLite has it: what is asked of it goes to its worker, and what that gives to the page. */
export class LiteKernel extends BaseKernel {
  #worker: Worker | undefined;
  /** End the workers that it has had opened. */
  #ends: (() => void)[] = [];
  /** Why the worker cannot run cells. */
  #broken: string | undefined;
  #started!: Promise<void>;
  /** Ends the run that is under way. */
  #end: ((failure?: CellError) => void) | undefined;
  /** Of the requests by which cells ran, by the number in their brackets. */
  readonly #parents = new Map<number, Header | undefined>();
  readonly #language: LanguageClient;

  /**
   * @param library address of the library's folder, which ends in `/`
   * @param prepared when the folder's scripts may be loaded
   */
  constructor(
    options: KernelOptions,
    private readonly library: string,
    private readonly prepared: Promise<unknown>,
  ) {
    super(options);
    this.#startWorker();
    this.#language = new LanguageClient(() => startScript(library, "language-worker") as LanguageWorker);
  }

  /** Idle is said when cells can run. */
  override get ready(): Promise<void> {
    return this.#started;
  }

  override dispose(): void {
    if (!this.isDisposed) {
      this.#endWorkers();
      this.#language.dispose();
    }
    super.dispose();
  }

  /**
   * Stops the cell that runs. A worker in an endless loop hears nothing, so it is ended, and all that cells have defined goes
   * with it.
   */
  interrupt(): void {
    if (!this.#end) return;
    this.#startAnew();
    this.#end(
      failed(
        "Interrupted",
        "the cell was stopped, and all that cells had defined is lost with it; run them again from the first one on",
      ),
    );
  }

  async kernelInfoRequest(): Promise<object> {
    return {
      status: "ok",
      implementation: "he-ml",
      implementation_version: "0.1.0",
      protocol_version: "5.3",
      banner: "TypeScript (HE-ML), in this page",
      help_links: [],
      language_info: {
        name: "typescript",
        version: "5.9",
        mimetype: "text/typescript",
        file_extension: ".ts",
        codemirror_mode: { name: "javascript", mode: "typescript", typescript: true },
      },
    };
  }

  async executeRequest({ code, stop_on_error }: ExecuteRequest): Promise<object> {
    const count = this.executionCount;
    this.#parents.set(count, this.parentHeader);
    if (this.#broken !== undefined) this.#startAnew();
    const failure = await new Promise<CellError | undefined>((resolve) => {
      this.#end = resolve;
      void this.#started.then(() => {
        if (this.#broken === undefined) this.#ask({ type: "execute", count, code });
        else resolve(failed("KernelFailed", this.#broken));
      });
    });
    this.#end = undefined;
    this.#language.cellRan(code);
    const done = { status: "ok", execution_count: count, user_expressions: {}, payload: [] };
    if (!failure) return done;
    this.#publish(count, failure);
    // JupyterLite takes back all cells that wait behind one that fails, whether or not its error was expected.
    if (stop_on_error === false) return done;
    const { ename, evalue, traceback } = failure;
    return { status: "error", execution_count: count, ename, evalue, traceback };
  }

  async completeRequest({ code, cursor_pos }: { code: string; cursor_pos: number }): Promise<object> {
    const none = { matches: [], cursor_start: cursor_pos, cursor_end: cursor_pos, metadata: {} };
    return this.#language.complete(code, cursor_pos).catch(() => ({ status: "ok", ...none }));
  }

  async inspectRequest(asked: { code: string; cursor_pos: number; detail_level: 0 | 1 }): Promise<object> {
    return this.#language
      .inspect(asked.code, asked.cursor_pos, asked.detail_level)
      .catch(() => ({ status: "ok", found: false, data: {}, metadata: {} }));
  }

  async isCompleteRequest({ code }: { code: string }): Promise<object> {
    return this.#language.isComplete(code).catch(() => ({ status: "unknown" }));
  }

  async commInfoRequest(): Promise<object> {
    return { status: "ok", comms: {} };
  }

  /** Cells ask nothing of whoever runs them, and have no widgets. */
  inputReply(): void {}
  async commOpen(): Promise<void> {}
  async commMsg(): Promise<void> {}
  async commClose(): Promise<void> {}

  #startAnew(): void {
    this.#endWorkers();
    this.#startWorker();
  }

  #endWorkers(): void {
    this.#worker?.terminate();
    for (const end of this.#ends.splice(0)) end();
  }

  #startWorker(): void {
    this.#broken = undefined;
    this.#started = this.prepared.then(() => (this.isDisposed ? undefined : this.#launch()));
  }

  /** @returns when the worker can run cells, or cannot start */
  #launch(): Promise<void> {
    const worker = startScript(this.library, "kernel-worker");
    this.#worker = worker;
    const started = new Promise<void>((resolve) => {
      const broken = (reason: string) => {
        this.#broken = `the kernel cannot run cells: ${reason}; the next cell starts it anew, without what cells had defined`;
        resolve();
        this.#end?.(failed("KernelFailed", this.#broken));
      };
      worker.onerror = ({ message }) => broken(message || "its script cannot be loaded");
      worker.onmessage = ({ data }: MessageEvent<KernelEvent>) => {
        if (data.type === "ready") resolve();
        else if (data.type === "failed") broken(data.message);
        else if (data.type === "output") this.#publish(data.count, data.output);
        else if (data.type === "open-worker") this.#ends.push(openForWorker(data));
        else if (data.type === "done") this.#end?.(data.failure);
      };
    });
    this.#ask({ type: "start", library: this.library, folder: this.location });
    return started;
  }

  #ask(request: KernelRequest): void {
    this.#worker?.postMessage(request);
  }

  #publish(count: number, output: CellOutput): void {
    const parent = this.#parents.get(count);
    if (output.type === "stream") {
      this.stream({ name: output.name, text: output.text }, parent);
    } else if (output.type === "execute_result") {
      this.publishExecuteResult({ data: output.data, metadata: {}, execution_count: count }, parent);
    } else if (output.type === "error") {
      const { ename, evalue, traceback } = output;
      this.publishExecuteError({ ename, evalue, traceback: [...traceback] }, parent);
    } else {
      const content = {
        data: output.data,
        metadata: { ...output.metadata },
        transient: { ...output.transient },
      };
      if (output.type === "display_data") this.displayData(content, parent);
      else this.updateDisplayData(content, parent);
    }
  }
}

const startScript = (library: string, name: WorkerName) =>
  new Worker(workerScript(library, name), { type: "module", name: `he-ml-${name}` });

const failed = (ename: string, evalue: string): CellError => ({
  type: "error",
  ename,
  evalue,
  traceback: [`${ename}: ${evalue}`],
});
