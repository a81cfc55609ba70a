import { readFile } from "node:fs/promises";

/** The bytes of a WASM file that lies in a package: `#wasm-bytes` of package.json's `imports` in Node. */
export function wasmBytes(url: string): Promise<Uint8Array> {
  return readFile(new URL(url));
}
