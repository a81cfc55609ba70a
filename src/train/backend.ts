import { createRequire } from "node:module";
import { dirname, sep } from "node:path";
import util from "node:util";
import * as tf from "@tensorflow/tfjs-core";
import { inWords } from "../he-ml/arguments.js";
import { InputError } from "../he-ml/errors.js";
import { registerConvFilterGradient } from "./conv-filter-gradient.js";

/** What computes: `wasm` is always there, `tensorflow` is the native library of the optional package tfjs-node. */
export type BackendName = "wasm" | "tensorflow";

export const backendNames: readonly BackendName[] = ["wasm", "tensorflow"];

const require = createRequire(import.meta.url);

/**
 * Makes tfjs compute with one backend; the training code is the same for both.
 *
 * @param wanted Without it, tfjs-node where it can be loaded, else wasm. The two round differently, so a seed
 *   reproduces a model only on the backend it was trained with.
 * @returns The backend now in use.
 * @throws InputError if the wanted backend is unknown or cannot be loaded.
 */
export async function useBackend(wanted?: string): Promise<BackendName> {
  const known = backendNames.find((name) => name === wanted);
  if (wanted !== undefined && !known) {
    throw new InputError(`backend: expected one of ${backendNames.join(", ")}, got ${inWords(wanted)}`);
  }
  if (known !== "wasm" && (await loadTfjsNode())) {
    await tf.setBackend("tensorflow");
    return "tensorflow";
  }
  if (known === "tensorflow") {
    throw new InputError(
      "backend tensorflow: needs the optional package @tensorflow/tfjs-node with its native library, which cannot " +
        'be loaded; run "npm install @tensorflow/tfjs-node@4.22", or train with wasm',
    );
  }
  await useWasm();
  return "wasm";
}

/** @throws InputError unless tfjs has a backend, which holds the weights of what is built */
export function requireBackend(what: string): void {
  try {
    tf.backend();
  } catch {
    throw new InputError(`${what}: TensorFlow.js has no backend yet; await useBackend() first`);
  }
}

async function useWasm(): Promise<void> {
  const { setWasmPaths } = await import("@tensorflow/tfjs-backend-wasm");
  if (tf.getBackend() !== "wasm") {
    const main = require.resolve("@tensorflow/tfjs-backend-wasm");
    setWasmPaths(dirname(main) + sep);
    await tf.setBackend("wasm");
  }
  registerConvFilterGradient();
}

/** @returns Whether tfjs-node is there; neither the package nor its native library need be. */
async function loadTfjsNode(): Promise<boolean> {
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
