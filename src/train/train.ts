import * as tf from "@tensorflow/tfjs-core";
import type { Sequential } from "@tensorflow/tfjs-layers";
import { requireOptions } from "../he-ml/arguments.js";
import { InputError } from "../he-ml/errors.js";
import { giveWay } from "../he-ml/long-work.js";
import type { Network as PlainNetwork } from "../he-ml/model/model.js";
import { encryptableModel } from "../he-ml/model/unsupported-layers.js";
import { formatShape, sizeOf } from "../he-ml/tensor/tensor.js";
import { requireArchitectureName, type ArchitectureName } from "./architecture-name.js";
import { architectureRecipe, buildNetwork } from "./architectures.js";
import { useBackend, type BackendName } from "./backend.js";
import { epochBatches, type Batch } from "./batches.js";
import { requireDataset, type Dataset } from "./dataset.js";
import { fromModel } from "./from-model.js";
import type { Network } from "./network.js";
import { clipByGlobalNorm, cosineDecay, ScheduledAdam } from "./optimizer.js";
import { requireSeed, seededRandom } from "./random.js";
import { checkRecipe, fineTuningRecipe, type Recipe } from "./recipe.js";
import { loadWeights } from "./to-model.js";

/** Where a training run stands. */
export interface TrainingProgress {
  /** From 1 to `epochs`. */
  readonly epoch: number;
  readonly epochs: number;
  /** Batches done, over all epochs, from 1 to `steps`. */
  readonly step: number;
  readonly steps: number;
  /** Mean loss over this epoch's batches so far (cross-entropy, without the penalty on weights). */
  readonly loss: number;
  /** Share of this epoch's images so far that were classified rightly when they came by. */
  readonly accuracy: number;
}

export interface TrainingOptions extends Partial<Recipe> {
  /** One of `architectureNames`; without it, the layers are those of the initial model. */
  readonly architecture?: string;
  /** The images to learn from, all of them. */
  readonly dataset: Dataset;
  /** Decides initial weights, order and shifts; the same seed on the same backend gives the same weights. */
  readonly seed?: number;
  /** Without it, tfjs-node where it can be loaded, else wasm. */
  readonly backend?: string;
  /** Weights to start from instead of random ones: a model of the same architecture, if one is named. */
  readonly initialModel?: PlainNetwork;
  readonly signal?: AbortSignal;
  /** Called about 20 times an epoch and at its end. */
  readonly onProgress?: (progress: TrainingProgress) => void;
}

export interface TrainingResult {
  readonly architecture?: ArchitectureName;
  readonly recipe: Recipe;
  readonly seed: number;
  readonly backend: BackendName;
  readonly trainSeconds: number;
  /** One entry an epoch: its mean loss and accuracy, taken while the weights changed. */
  readonly epochs: readonly Pick<TrainingProgress, "loss" | "accuracy">[];
  /** The caller disposes of it. */
  readonly network: Network;
}

/** The seed of every run that names none. */
export const defaultSeed = 1;

/**
 * Trains a network with Adam on softmax cross-entropy.
 *
 * @throws UnsupportedLayersError if the initial model gives the layers, and one of them cannot be encrypted.
 * @throws InputError if the architecture, dataset, backend, seed, a hyper-parameter or the initial model cannot be used,
 *   or the loss is no longer a finite number.
 * @throws The signal's reason when it aborts; the network is freed.
 * @example
 * const dataset = await loadDataset("mnist", "train");
 * const { network } = await train({ architecture: "lenet1", dataset, seed: 1 });
 */
export async function train(options: TrainingOptions): Promise<TrainingResult> {
  requireOptions("train", options);
  const architecture =
    options.architecture === undefined ? undefined : requireArchitectureName(options.architecture);
  requireDataset("train", options.dataset);
  const recipe = checkRecipe(architecture ? architectureRecipe(architecture) : fineTuning(options), options);
  const seed = requireSeed("train", options.seed ?? defaultSeed);
  options.signal?.throwIfAborted();
  const backend = await useBackend(options.backend);

  const network = startingNetwork(options, architecture, seed);
  try {
    requireFit(architecture ?? options.initialModel!.name, network, options.dataset);
    const start = performance.now();
    const epochs = await runEpochs(network, recipe, seed, options);
    const trainSeconds = (performance.now() - start) / 1000;
    return { architecture, recipe, seed, backend, trainSeconds, epochs, network };
  } catch (error) {
    network.dispose();
    throw error;
  }
}

function startingNetwork(
  { initialModel, dataset }: TrainingOptions,
  architecture: ArchitectureName | undefined,
  seed: number,
): Sequential {
  if (architecture === undefined) {
    if (initialModel) return fromModel(encryptableModel(initialModel));
    throw new InputError("train: expected an architecture, or a model to start from, got neither");
  }
  const network = buildNetwork(architecture, seed, {
    features: sizeOf(dataset.images.shape),
    classes: dataset.classNames.length,
  });
  if (!initialModel) return network;
  try {
    loadWeights(network, initialModel);
    return network;
  } catch (error) {
    network.dispose();
    throw error;
  }
}

/** Only pictures can be moved. */
function fineTuning({ dataset }: TrainingOptions): Recipe {
  return dataset.images.shape.length === 3 ? fineTuningRecipe : { ...fineTuningRecipe, maxShift: 0 };
}

async function runEpochs(
  network: Sequential,
  recipe: Recipe,
  seed: number,
  { dataset, signal, onProgress }: TrainingOptions,
): Promise<TrainingResult["epochs"]> {
  const random = seededRandom(seed);
  const optimizer = new ScheduledAdam(recipe.learningRate);
  const stepsPerEpoch = Math.ceil(dataset.images.count / recipe.batchSize);
  const steps = recipe.epochs * stepsPerEpoch;
  const reportEvery = Math.ceil(stepsPerEpoch / 20);
  const finished: TrainingProgress[] = [];
  let step = 0;
  try {
    for (let epoch = 1; epoch <= recipe.epochs; epoch++) {
      let seen = 0;
      let totalLoss = 0;
      let correct = 0;
      for (const batch of epochBatches(dataset, { ...recipe, random })) {
        // Lets signal handlers and timers run: wasm computes on this thread.
        await giveWay();
        signal?.throwIfAborted();
        optimizer.setLearningRate(cosineDecay(recipe.learningRate, step / steps));
        const outcome = trainOnBatch(network, optimizer, batch, dataset, recipe);
        step++;
        seen += batch.count;
        totalLoss += outcome.loss * batch.count;
        correct += outcome.correct;
        const inEpoch = step - (epoch - 1) * stepsPerEpoch;
        const isLast = inEpoch === stepsPerEpoch;
        if (!isLast && inEpoch % reportEvery !== 0) continue;
        const progress = {
          epoch,
          epochs: recipe.epochs,
          step,
          steps,
          loss: totalLoss / seen,
          accuracy: correct / seen,
        };
        requireFiniteLoss(progress);
        onProgress?.(progress);
        if (isLast) finished.push(progress);
      }
    }
  } finally {
    optimizer.dispose();
  }
  return finished.map(({ loss, accuracy }) => ({ loss, accuracy }));
}

function trainOnBatch(
  network: Sequential,
  optimizer: ScheduledAdam,
  batch: Batch,
  dataset: Dataset,
  { clipNorm, labelSmoothing, weightDecay }: Recipe,
): { readonly loss: number; readonly correct: number } {
  return tf.tidy(() => {
    const images = tf.tensor(batch.values, [batch.count, ...inputShape(network)]);
    const labels = tf.tensor1d(batch.labels, "int32");
    const targets = tf.oneHot(labels, dataset.classNames.length);
    const variables = network.trainableWeights.map((weight) => weight.read() as tf.Variable);
    let logits: tf.Tensor | undefined;
    const { value, grads } = tf.variableGrads(() => {
      logits = tf.keep(network.apply(images, { training: true }) as tf.Tensor);
      return tf.losses.softmaxCrossEntropy(targets, logits, undefined, labelSmoothing);
    }, variables);
    for (const variable of variables.filter(({ shape }) => shape.length > 1)) {
      grads[variable.name] = tf.add(grads[variable.name], tf.mul(variable, weightDecay));
    }
    optimizer.applyGradients(clipByGlobalNorm(grads, clipNorm));
    const correct = tf.sum(tf.equal(tf.argMax(logits!, 1), labels));
    logits!.dispose();
    return { loss: value.dataSync()[0], correct: correct.dataSync()[0] };
  });
}

/** @throws InputError unless the dataset's images are what the network takes, and it has an output for each class. */
function requireFit(what: string, network: Sequential, { name, images, classNames }: Dataset): void {
  const [classes] = network.outputs[0].shape.slice(1);
  if (sizeOf(images.shape) === sizeOf(inputShape(network)) && classNames.length === classes) return;
  throw new InputError(
    `train: ${what} takes ${formatShape(inputShape(network))} and tells ${classes} classes apart, dataset ` +
      `${name} holds ${formatShape(images.shape)} of ${classNames.length} classes; choose another dataset`,
  );
}

/** Of one image, as tfjs has it: `[rows, columns, channels]` or `[features]`. */
function inputShape(network: Sequential): number[] {
  return network.inputs[0].shape.slice(1) as number[];
}

function requireFiniteLoss({ loss, epoch, step }: TrainingProgress): void {
  if (Number.isFinite(loss)) return;
  throw new InputError(
    `train: the loss became ${loss} in epoch ${epoch}, step ${step}; lower the learning rate, or choose another seed`,
  );
}
