import { setFlagsFromString } from "node:v8";

/**
 * Has V8 collect garbage only when it has to; for processes of our own.
 *
 * Ciphertexts are memory outside of V8's heap. It takes each megabyte of them for a reason to look through its heap, a little at
 * every turn of the event loop: a quarter of a worker's time went into that, more than half of a server's, and where two threads
 * share a request, a core that one of them needs.
 */
export function collectWhenNeeded(): void {
  setFlagsFromString("--no-incremental-marking");
}
