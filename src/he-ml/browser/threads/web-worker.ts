// What pages and their workers have, as far as it is used here; TypeScript declares it in its DOM library only, which the library
// does without.

/** A worker, from outside. */
export interface WebWorker {
  postMessage(message: unknown): void;
  terminate(): void;
  onmessage: ((event: { readonly data: FromWorker }) => void) | null;
  /** Without a message where its script could not be loaded. */
  onerror: ((event: { readonly message?: string }) => void) | null;
}

/** A worker, from inside. */
export interface InsideOfWorker {
  postMessage(message: FromWorker): void;
  onmessage: ((event: { readonly data: never }) => void) | null;
  /** Lets the page know of an error that nobody catches. */
  reportError(error: unknown): void;
}

/** What is sent to a worker first; then come messages to answer, each when the one before is answered. */
export interface Beginning {
  readonly work: unknown;
  /** Name of a lock that the worker keeps for as long as it lives: of its end, a page is told nothing else. */
  readonly lock: string;
}

export type FromWorker =
  | { readonly kind: "locked" }
  | { readonly kind: "said"; readonly message: unknown }
  | { readonly kind: "answer"; readonly answer: unknown }
  /** An error in words, as not every error can be sent. */
  | { readonly kind: "threw"; readonly error: string };
