import { wasmBytes } from "#wasm-bytes";
import { WebAssembly } from "./web-assembly.js";

const modules = new Map<string, Promise<object>>();

/**
 * A WASM file, compiled once for all instances, and again where it failed: a network may come back.
 *
 * @throws InputError if it is not there
 */
export function compiledWasm(url: string): Promise<object> {
  const known = modules.get(url);
  if (known) return known;
  const module = wasmBytes(url)
    .then((bytes) => WebAssembly.compile(bytes))
    .catch((error: unknown) => {
      modules.delete(url);
      throw error;
    });
  modules.set(url, module);
  return module;
}
