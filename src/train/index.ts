/**
 * Datasets and the training of square-activated CNNs, in a page as in Node. TensorFlow.js is loaded when it is first
 * used.
 */
import { loadTensorflow, tensorflowNow } from "#load-tensorflow";
import type { Model } from "../he-ml/model/model.js";
import type { BackendName } from "./backend.js";
import type { Network } from "./network.js";
import type { TrainingOptions, TrainingResult } from "./train.js";

export { architectureNames, type ArchitectureName } from "./architecture-name.js";
export type { BackendName } from "./backend.js";
export { selectImages, sliceDataset, type Dataset, type LabelledImages } from "./dataset.js";
export { measureAccuracy, measureValueRanges } from "./evaluate.js";
export { makeHeFriendly, type Replacement } from "./he-friendly/make-he-friendly.js";
export { datasetNames, loadDataset, loadTestImages, type LabelledTestImages } from "./load-dataset.js";
export type { Network } from "./network.js";
export type { OwnTable } from "./own-table.js";
export type { TrainingOptions, TrainingProgress, TrainingResult } from "./train.js";

/**
 * Builds an untrained network; the current tfjs backend holds its weights.
 *
 * @param name One of `architectureNames`.
 * @param seed Decides the initial weights (Glorot uniform; biases are 0).
 * @throws InputError if the architecture is unknown, or TensorFlow.js is not installed or has no backend yet.
 * @example
 * await useBackend();
 * const network = buildNetwork("lenet1", 1);
 */
export function buildNetwork(name: string, seed: number): Network {
  return tensorflowNow().buildNetwork(name, seed);
}

/**
 * Makes TensorFlow.js compute with one backend, `wasm` or `tensorflow`; `train` does so itself.
 *
 * @param wanted Without it, tfjs-node where it can be loaded, else wasm. The two round differently, so a seed gives the
 *   same weights only on the same backend.
 * @returns The backend now in use.
 * @throws InputError if the wanted backend is unknown or cannot be loaded, or TensorFlow.js is not installed.
 * @example await useBackend("wasm");
 */
export async function useBackend(wanted?: string): Promise<BackendName> {
  return (await loadTensorflow()).useBackend(wanted);
}

/**
 * Turns a network of TensorFlow.js (images `[n, rows, columns, channels]`) into a model of ours (`[n, channels, rows,
 * columns]`).
 *
 * @param name The model's name.
 * @throws InputError if the network has a layer or an option that a model of ours cannot express, or TensorFlow.js is
 *   not installed.
 * @example const model = toModel(network, "mine");
 */
export function toModel(network: Network, name: string): Model {
  return tensorflowNow().toModel(network, name);
}

/**
 * Trains a network with Adam on softmax cross-entropy.
 *
 * @throws UnsupportedLayersError if the initial model gives the layers, and one of them cannot be encrypted.
 * @throws InputError if an option cannot be used, the loss is no longer a finite number, or TensorFlow.js is not
 *   installed.
 * @throws The signal's reason when it aborts; the network is freed.
 * @example
 * const dataset = await loadDataset("mnist", "train");
 * const { network } = await train({ architecture: "lenet1", dataset, seed: 1 });
 */
export async function train(options: TrainingOptions): Promise<TrainingResult> {
  return (await loadTensorflow()).train(options);
}
