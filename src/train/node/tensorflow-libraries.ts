import { createRequire } from "node:module";
import { dirname, sep } from "node:path";
import util from "node:util";

/** What to do where tfjs's WebAssembly does not start. */
export const wasmAdvice =
  "TensorFlow.js's WebAssembly cannot be loaded; install @tensorflow/tfjs-backend-wasm again";

/** What to do where tfjs-node is wanted and not there. */
export const withoutTfjsNode =
  "needs the optional package @tensorflow/tfjs-node with its native library, which cannot be loaded; run " +
  '"npm install @tensorflow/tfjs-node@4.22", or train with wasm';

/** The folder of tfjs's WebAssembly files, with a separator behind it. */
export function wasmFolder(): string {
  return dirname(createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm")) + sep;
}

/** @returns Whether tfjs-node is there; neither the package nor its native library need be. */
export async function loadTfjsNode(): Promise<boolean> {
  restoreIsNullOrUndefined();
  // TensorFlow otherwise greets on stderr; 2 leaves errors.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= "2";
  const packageName = "@tensorflow/tfjs-node";
  try {
    await import(packageName);
    return true;
  } catch (error) {
    if (isAbsence(error)) return false;
    throw error;
  }
}

/** tfjs-node 4.22 still calls a function that Node 23 took out of `util`. */
function restoreIsNullOrUndefined(): void {
  const legacy = util as { isNullOrUndefined?: (value: unknown) => boolean };
  legacy.isNullOrUndefined ??= (value) => value === null || value === undefined;
}

/** Whether an import failed because the package, or the native library it would have downloaded, is not there. */
export function isAbsence(error: unknown): boolean {
  const { code, message = "" } = error as { code?: string; message?: string };
  return (
    code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND" || message.includes("tfjs_binding.node")
  );
}
