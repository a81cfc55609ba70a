import { loadTfjsNode, withoutTfjsNode, wasmFolder, wasmAdvice } from "#tensorflow-libraries";
import * as tf from "@tensorflow/tfjs-core";
import { inWords } from "../he-ml/arguments.js";
import { InputError } from "../he-ml/errors.js";
import { registerConvFilterGradient } from "./conv-filter-gradient.js";

/** What computes: `wasm` is always there, `tensorflow` is the native library of the optional package tfjs-node. */
export type BackendName = "wasm" | "tensorflow";

export const backendNames: readonly BackendName[] = ["wasm", "tensorflow"];

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
    throw new InputError(`backend tensorflow: ${withoutTfjsNode}`);
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
    setWasmPaths(wasmFolder());
    // On one thread in a page, too, as in Node: a seed gives the same weights in both.
    tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
    if (!(await tf.setBackend("wasm"))) throw new InputError(`backend wasm: ${wasmAdvice}`);
  }
  registerConvFilterGradient();
}
