import { setFlagsFromString } from "node:v8";

/**
 * Has V8 collect garbage only when it has to; for processes that serve and do nothing else.
 *
 * Ciphertexts are memory outside of V8's heap. It takes each megabyte of them for a reason to look through its heap, a little at
 * every turn of the event loop: a quarter of a worker's time went into that, and more than half of a server's.
 */
export function collectWhenNeeded(): void {
  setFlagsFromString("--no-incremental-marking");
}
