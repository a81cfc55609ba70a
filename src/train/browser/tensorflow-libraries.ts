/** What to do where tfjs's WebAssembly does not start. */
export const wasmAdvice =
  "TensorFlow.js's WebAssembly cannot be loaded; serve the .wasm files of @tensorflow/tfjs-backend-wasm's dist beside the script";

/** What to do where tfjs-node is wanted. */
export const withoutTfjsNode = "needs a native library, which a page cannot load; train with wasm";

/** The address of the folder of tfjs's WebAssembly files: that of this script, or of the one that it was bundled into. */
export function wasmFolder(): string {
  return new URL(".", import.meta.url).href;
}

/** @returns that tfjs-node is not there: a page loads no native library */
export async function loadTfjsNode(): Promise<boolean> {
  return false;
}
