import { architectureHeldOut, architectureRecipe, architectureSummary } from "./architectures.js";
import type { DatasetNotes } from "./dataset-notes.js";
import type { TrainingMetrics } from "./metrics.js";
import type { Recipe } from "./recipe.js";

export interface CardContents {
  /** The name of the model's folder. */
  readonly name: string;
  /** The measurement; every result in the card comes from it. */
  readonly metrics: TrainingMetrics;
  readonly recipe: Recipe;
  readonly notes: DatasetNotes;
  /** Whether training started from another model's weights. */
  readonly isContinued: boolean;
}

/**
 * Writes a model's card: what it is, what it learned from, how it was trained and how well it does.
 *
 * @returns Markdown.
 */
export function modelCard({ name, metrics, recipe, notes, isContinued }: CardContents): string {
  const { architecture, testAccuracy, testImages, trainImages, trainSeconds, backend, seed } = metrics;
  const { title, item, inputAndOutput, source, limits } = notes;
  const wrong = testImages - Math.round(testAccuracy * testImages);
  return `# ${name}

${architectureSummary(architecture)}

${inputAndOutput}

## Accuracy

**${percent(testAccuracy)}** of the ${thousands(testImages)} test ${item}s of ${title} (${wrong} wrong), measured with onnxruntime on \`model.onnx\` as it lies here.

## Data

${title}, ${thousands(trainImages)} training ${item}s ${source}

## Training

\`\`\`
${trainingCommand(name, metrics, isContinued)}
\`\`\`

${isContinued ? "Training started from the weights of another model, given with `--from`.\n\n" : ""}${trainingText(recipe)} Seed ${seed} decides initial weights, order${recipe.maxShift > 0 ? " and shifts" : ""}: the same seed on the same backend (here tfjs, ${backend}) gives
the same weights. It took ${Math.round(trainSeconds)} s.

The default hyper-parameters were picked by hand from a few trials with ${architectureHeldOut(architecture)}; the model
was then trained on all of them. The test set took no part in the choice.

## Value ranges

Each layer's smallest and largest output over the first ${thousands(metrics.valueRangeImages)} training ${item}s, by the plain forward. Scales and headroom of an
encrypted run are planned from these; ${item === "image" ? "an image" : "a row"} unlike them may leave them.

| layer | min | max |
| --- | ---: | ---: |
${metrics.valueRanges.map(({ name, min, max }) => `| ${name} | ${min.toFixed(2)} | ${max.toFixed(2)} |`).join("\n")}

## Intended use and limits

Made to teach and measure encrypted inference: its only non-linear step is x², which CKKS computes with one multiplication. ${limits}
`;
}

function trainingText(recipe: Recipe): string {
  const { labelSmoothing, learningRate, epochs, batchSize, clipNorm, weightDecay, maxShift } = recipe;
  const shifts =
    maxShift > 0
      ? `, images shifted by up to ${maxShift} ${maxShift === 1 ? "pixel" : "pixels"}\nalong each axis`
      : "";
  return `Softmax cross-entropy with label smoothing ${labelSmoothing}, Adam (learning rate ${learningRate}, falling to 0 along half a cosine), ${epochs} epochs of
batches of ${batchSize}, gradients clipped to a joint norm of ${clipNorm}, weight decay ${weightDecay}${shifts}.`;
}

/** The command that trains this model again; where it was continued from another one, `MODEL` stands for that. */
function trainingCommand(
  name: string,
  { architecture, dataset, seed, epochs }: TrainingMetrics,
  isContinued: boolean,
): string {
  const epochsOption = epochs === architectureRecipe(architecture).epochs ? "" : ` --epochs ${epochs}`;
  return (
    `npx he-ml train --arch ${architecture} --dataset ${dataset} --seed ${seed}${epochsOption}` +
    `${isContinued ? " --from MODEL" : ""} --out models/${name}`
  );
}

const percent = (share: number): string => `${Number((share * 100).toFixed(2))} %`;

const thousands = (count: number): string => count.toLocaleString("en-US");
