import * as tfl from "@tensorflow/tfjs-layers";
import { requireArchitectureName, type ArchitectureName } from "./architecture-name.js";
import { requireBackend } from "./backend.js";
import { randomInteger, requireSeed, seededRandom } from "./random.js";
import type { Recipe } from "./recipe.js";
import { Square } from "./square-layer.js";

interface Architecture {
  /** For the model card: the layers in order, in words. */
  readonly summary: string;
  /** How it is trained unless told otherwise. */
  readonly recipe: Recipe;
  /** For the model card: how the recipe was chosen. */
  readonly chosen: string;
  layers(initializer: () => Initializer, ends: NetworkEnds): tfl.layers.Layer[];
}

/** What goes in and comes out, of an architecture that leaves it open. */
export interface NetworkEnds {
  readonly features: number;
  readonly classes: number;
}

type Initializer = ReturnType<typeof tfl.initializers.glorotUniform>;

const { activation, conv2d, averagePooling2d, flatten, dense } = tfl.layers;

/** Says of hyper-parameters that trials without a part of the training data chose them. */
const pickedWithout = (some: string, which: string) =>
  `picked by hand from a few trials with ${some} held out (${which}); the model\nwas then trained on all of them`;

/** How hyper-parameters were chosen for MNIST. */
export const pickedOnMnist = pickedWithout("5,000 of MNIST's training images", "the last of the 60,000");

const lenet1Recipe: Recipe = {
  epochs: 20,
  batchSize: 64,
  learningRate: 0.008,
  clipNorm: 1,
  labelSmoothing: 0.05,
  weightDecay: 1e-5,
  maxShift: 1,
};

const architectures = {
  lenet1: {
    summary:
      "LeNet-1 with squares as activations: conv1 4@5×5 → square1 → pool1 (mean of 2×2) → conv2 12@5×5 → square2 → " +
      "pool2 (mean of 2×2) → flatten → fc1 192→10",
    recipe: lenet1Recipe,
    chosen: pickedOnMnist,
    layers: (initializer): tfl.layers.Layer[] => [
      conv2d({
        name: "conv1",
        inputShape: [28, 28, 1],
        filters: 4,
        kernelSize: 5,
        kernelInitializer: initializer(),
      }),
      new Square({ name: "square1" }),
      averagePooling2d({ name: "pool1", poolSize: 2 }),
      conv2d({ name: "conv2", filters: 12, kernelSize: 5, kernelInitializer: initializer() }),
      new Square({ name: "square2" }),
      averagePooling2d({ name: "pool2", poolSize: 2 }),
      flatten({ name: "flatten" }),
      dense({ name: "fc1", units: 10, kernelInitializer: initializer() }),
    ],
  },
  "lenet1-tanh": {
    summary:
      "LeNet-1 with tanh, which cannot be encrypted: conv1 4@5×5 → tanh1 → pool1 (mean of 2×2) → conv2 12@5×5 → " +
      "tanh2 → pool2 (mean of 2×2) → flatten → fc1 192→10",
    recipe: lenet1Recipe,
    chosen: pickedOnMnist,
    layers: (initializer): tfl.layers.Layer[] => [
      conv2d({
        name: "conv1",
        inputShape: [28, 28, 1],
        filters: 4,
        kernelSize: 5,
        kernelInitializer: initializer(),
      }),
      activation({ name: "tanh1", activation: "tanh" }),
      averagePooling2d({ name: "pool1", poolSize: 2 }),
      conv2d({ name: "conv2", filters: 12, kernelSize: 5, kernelInitializer: initializer() }),
      activation({ name: "tanh2", activation: "tanh" }),
      averagePooling2d({ name: "pool2", poolSize: 2 }),
      flatten({ name: "flatten" }),
      dense({ name: "fc1", units: 10, kernelInitializer: initializer() }),
    ],
  },
  "lenet1-12x12": {
    summary:
      "LeNet-1's layers for images of 12×12: conv1 4@3×3 → square1 → pool1 (mean of 2×2) → conv2 12@2×2 → square2 → " +
      "pool2 (mean of 2×2) → flatten → fc1 48→10",
    recipe: { ...lenet1Recipe, maxShift: 0 },
    chosen: "those of `lenet1`, but for the shifts",
    layers: (initializer): tfl.layers.Layer[] => [
      conv2d({
        name: "conv1",
        inputShape: [12, 12, 1],
        filters: 4,
        kernelSize: 3,
        kernelInitializer: initializer(),
      }),
      new Square({ name: "square1" }),
      averagePooling2d({ name: "pool1", poolSize: 2 }),
      conv2d({ name: "conv2", filters: 12, kernelSize: 2, kernelInitializer: initializer() }),
      new Square({ name: "square2" }),
      averagePooling2d({ name: "pool2", poolSize: 2 }),
      flatten({ name: "flatten" }),
      dense({ name: "fc1", units: 10, kernelInitializer: initializer() }),
    ],
  },
  "mnist-small": {
    summary: "conv1 4@7×7 stride 3 → square1 → flatten → fc1 256→64 → square2 → fc2 64→10",
    recipe: {
      epochs: 30,
      batchSize: 64,
      learningRate: 0.003,
      clipNorm: 1,
      labelSmoothing: 0.05,
      weightDecay: 1e-5,
      maxShift: 1,
    },
    chosen: pickedOnMnist,
    layers: (initializer): tfl.layers.Layer[] => [
      conv2d({
        name: "conv1",
        inputShape: [28, 28, 1],
        filters: 4,
        kernelSize: 7,
        strides: 3,
        kernelInitializer: initializer(),
      }),
      new Square({ name: "square1" }),
      flatten({ name: "flatten" }),
      dense({ name: "fc1", units: 64, kernelInitializer: initializer() }),
      new Square({ name: "square2" }),
      dense({ name: "fc2", units: 10, kernelInitializer: initializer() }),
    ],
  },
  "breast-cancer": {
    summary: "fc1 30→16 → square1 → fc2 16→2",
    recipe: {
      epochs: 60,
      batchSize: 32,
      learningRate: 0.01,
      clipNorm: 1,
      labelSmoothing: 0.05,
      weightDecay: 0.03,
      maxShift: 0,
    },
    chosen: pickedWithout("91 training rows", "the last of the 455"),
    layers: (initializer): tfl.layers.Layer[] => [
      dense({ name: "fc1", inputShape: [30], units: 16, kernelInitializer: initializer() }),
      new Square({ name: "square1" }),
      dense({ name: "fc2", units: 2, kernelInitializer: initializer() }),
    ],
  },
  table: {
    summary: "fc1 features→16 → square1 → fc2 16→classes, for rows of any table",
    recipe: {
      epochs: 60,
      batchSize: 32,
      learningRate: 0.01,
      clipNorm: 1,
      labelSmoothing: 0.05,
      weightDecay: 0.03,
      maxShift: 0,
    },
    chosen: pickedWithout("91 training rows of Breast Cancer Wisconsin", "the last of the 455"),
    layers: (initializer, { features, classes }): tfl.layers.Layer[] => [
      dense({ name: "fc1", inputShape: [features], units: 16, kernelInitializer: initializer() }),
      new Square({ name: "square1" }),
      dense({ name: "fc2", units: classes, kernelInitializer: initializer() }),
    ],
  },
} as const satisfies Readonly<Record<ArchitectureName, Architecture>>;

/** The layers of an architecture in words. */
export function architectureSummary(name: ArchitectureName): string {
  return architectures[name].summary;
}

/** How an architecture's recipe was chosen, in words. */
export function architectureChosen(name: ArchitectureName): string {
  return architectures[name].chosen;
}

/** How an architecture is trained by default. */
export function architectureRecipe(name: ArchitectureName): Recipe {
  return architectures[name].recipe;
}

/**
 * Builds an untrained network; the current tfjs backend holds its weights.
 *
 * @param seed Decides the initial weights (Glorot uniform; biases are 0).
 * @param ends Of the architecture `table`; those of Breast Cancer Wisconsin if left out.
 * @throws InputError if the architecture is unknown, or tfjs has no backend yet.
 * @example const network = buildNetwork("lenet1", 1);
 */
export function buildNetwork(
  name: string,
  seed: number,
  ends: NetworkEnds = { features: 30, classes: 2 },
): tfl.Sequential {
  const known = requireArchitectureName(name);
  const random = seededRandom(requireSeed("buildNetwork", seed));
  requireBackend("buildNetwork");
  // tfjs takes a seed of 0 for "no seed" and would then draw with Math.random.
  const initializer = () => tfl.initializers.glorotUniform({ seed: randomInteger(random, 1, 2 ** 31 - 1) });
  return tfl.sequential({ name: known, layers: architectures[known].layers(initializer, ends) });
}
