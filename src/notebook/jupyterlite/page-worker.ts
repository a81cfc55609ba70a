/**
 * Workers that a kernel's worker has its page open: in Firefox 153 `new Worker` within a worker at times never returns, and the
 * page's does. What the two say to each other goes through the page.
 */

import type { OpenWorker } from "../browser/kernel-messages.js";

/** What comes through the port, either way. */
type Relayed =
  | { readonly type: "message"; readonly data: unknown }
  | { readonly type: "error"; readonly message: string }
  | { readonly type: "terminate" };

/** What a script in a worker gets in place of `Worker`; only what the library uses of one. */
export function pageWorkerClass(ask: (request: OpenWorker) => void) {
  return class PageWorker {
    onmessage: ((event: { data: unknown }) => void) | null = null;
    onerror: ((event: { message: string; preventDefault(): void }) => void) | null = null;
    readonly #port: MessagePort;

    constructor(url: string | URL, { name = "" }: { readonly name?: string } = {}) {
      const { port1, port2 } = new MessageChannel();
      this.#port = port1;
      port1.onmessage = ({ data }: { data: Relayed }) => {
        if (data.type === "message") this.onmessage?.({ data: data.data });
        if (data.type === "error") this.onerror?.({ message: data.message, preventDefault: () => undefined });
      };
      ask({ type: "open-worker", url: String(url), name, port: port2 });
    }

    postMessage(data: unknown): void {
      this.#port.postMessage({ type: "message", data } satisfies Relayed);
    }

    terminate(): void {
      this.#port.postMessage({ type: "terminate" } satisfies Relayed);
      this.#port.close();
    }
  };
}

/** In the page: opens the worker that was asked for, and passes on what is said. @returns ends it */
export function openForWorker({ url, name, port }: OpenWorker): () => void {
  const worker = new Worker(url, { type: "module", name });
  const end = () => {
    worker.terminate();
    port.close();
  };
  worker.onmessage = ({ data }: { data: unknown }) =>
    port.postMessage({ type: "message", data } satisfies Relayed);
  worker.onerror = ({ message }) => port.postMessage({ type: "error", message } satisfies Relayed);
  port.onmessage = ({ data }: { data: Relayed }) => {
    if (data.type === "message") worker.postMessage(data.data);
    if (data.type === "terminate") end();
  };
  return end;
}
