import type {
  CompleteReply,
  InspectReply,
  IsCompleteReply,
  LanguageRequest,
  LanguageResponse,
} from "./language-messages.js";

/** What is used of a worker that runs `language-worker`. */
export interface LanguageWorker {
  postMessage(request: LanguageRequest): void;
  onmessage: ((event: { data: LanguageResponse }) => void) | null;
  onerror: ((event: { message: string }) => void) | null;
  terminate(): void;
}

/** A request without its number. */
type Question<Request = LanguageRequest> = Request extends unknown ? Omit<Request, "id"> : never;

interface Waiting {
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

/**
 * Asks the worker that knows the types of cells. It is started by the first question, not before: a notebook that only runs
 * does not load the compiler a second time, nor the types.
 *
 * @example
 * const language = new LanguageClient(() => new Worker("language-worker.js", { type: "module" }));
 * language.cellRan("const x = 1");
 * (await language.complete("x.", 2)).matches; // ["toExponential", …]
 */
export class LanguageClient {
  #worker: LanguageWorker | undefined;
  #asked = 0;
  readonly #waiting = new Map<number, Waiting>();
  /** All cells that ran: a worker that is started later is told of them. */
  readonly #cells: string[] = [];

  constructor(private readonly start: () => LanguageWorker) {}

  cellRan(code: string): void {
    this.#cells.push(code);
    if (this.#worker) this.#tell(code);
  }

  /** @throws Error (the promise rejects) if the worker or its types cannot be loaded, as for the others */
  async complete(code: string, cursor: number): Promise<CompleteReply> {
    return (await this.#ask({ ask: "complete", code, cursor })) as CompleteReply;
  }

  async inspect(code: string, cursor: number, detail: 0 | 1): Promise<InspectReply> {
    return (await this.#ask({ ask: "inspect", code, cursor, detail })) as InspectReply;
  }

  async isComplete(code: string): Promise<IsCompleteReply> {
    return (await this.#ask({ ask: "isComplete", code })) as IsCompleteReply;
  }

  /** Ends the worker; a later question starts another. */
  dispose(): void {
    this.#end(new Error("language worker: it was ended"));
  }

  #ask(question: Question): Promise<unknown> {
    const worker = this.#running();
    const id = ++this.#asked;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      worker.postMessage({ id, ...question });
    });
  }

  /** What the worker makes of a cell is not waited for; where it cannot, questions fail. */
  #tell(code: string): void {
    this.#worker?.postMessage({ id: ++this.#asked, ask: "cellRan", code });
  }

  #running(): LanguageWorker {
    if (this.#worker) return this.#worker;
    const worker = this.start();
    worker.onmessage = ({ data }) => {
      const waiting = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      if ("error" in data) waiting?.reject(new Error(data.error));
      else waiting?.resolve(data.answer);
    };
    worker.onerror = ({ message }) =>
      this.#end(new Error(`language worker: ${message || "it cannot be loaded"}`));
    this.#worker = worker;
    this.#cells.forEach((code) => this.#tell(code));
    return worker;
  }

  #end(reason: Error): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    for (const { reject } of this.#waiting.values()) reject(reason);
    this.#waiting.clear();
  }
}
