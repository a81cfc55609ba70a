import { kindInWords, layersInWords } from "../he-ml/model/layer-in-words.js";
import type { Network } from "../he-ml/model/model.js";
import { isPlainOnly } from "../he-ml/model/unsupported-layers.js";
import {
  architectureChosen,
  pickedOnMnist,
  architectureRecipe,
  architectureSummary,
} from "./architectures.js";
import type { DatasetNotes } from "./dataset-notes.js";
import type { Conversion, TrainingMetrics } from "./metrics.js";
import { fineTuningRecipe, type Recipe } from "./recipe.js";

export interface CardContents {
  /** The name of the model's folder. */
  readonly name: string;
  readonly model: Network;
  /** The measurement; every result in the card comes from it. */
  readonly metrics: TrainingMetrics;
  readonly recipe: Recipe;
  readonly notes: DatasetNotes;
  /** The model that training started from, if it did not start from random weights. */
  readonly from?: string;
  /** Whether `accuracy.png` lies beside the card. */
  readonly hasPicture?: boolean;
}

/**
 * Writes a model's card: what it is, what it learned from, how it was trained and how well it does.
 *
 * @returns Markdown.
 */
export function modelCard(contents: CardContents): string {
  const { name, model, metrics, recipe, notes, from } = contents;
  const { architecture, testAccuracy, testImages, trainImages, trainSeconds, backend, seed } = metrics;
  const { title, item, inputAndOutput, source, limits } = notes;
  const wrong = testImages - Math.round(testAccuracy * testImages);
  return `# ${name}

${architecture ? architectureSummary(architecture) : layersInWords(model)}

${inputAndOutput}

## Accuracy

**${percent(testAccuracy)}** of the ${thousands(testImages)} test ${item}s of ${title} (${wrong} wrong), measured with onnxruntime on \`model.onnx\` as it lies here.
${conversionText(contents)}
## Data

${title}, ${thousands(trainImages)} training ${item}s ${source}

## Training

\`\`\`
${trainingCommand(contents)}
\`\`\`

${from ? `Training started from the weights of another model, \`${from}\`.\n\n` : ""}${trainingText(recipe)} Seed ${seed} decides ${randomChoices(contents)}: the same seed on the same backend (here tfjs, ${backend}) gives
the same weights. It took ${Math.round(trainSeconds)} s.

The default hyper-parameters were ${architecture ? architectureChosen(architecture) : pickedOnMnist}. The test set took no part in the choice.

## Value ranges

Each layer's smallest and largest output over the first ${thousands(metrics.valueRangeImages)} training ${item}s, by the plain forward. Scales and headroom of an
encrypted run are planned from these; ${item === "image" ? "an image" : "a row"} unlike them may leave them.

| layer | min | max |
| --- | ---: | ---: |
${metrics.valueRanges.map(({ name, min, max }) => `| ${name} | ${min.toFixed(2)} | ${max.toFixed(2)} |`).join("\n")}

## Intended use and limits

Made to teach and measure encrypted inference: ${nonLinearSteps(model)}. ${limits}
`;
}

function conversionText({ metrics: { conversion }, hasPicture }: CardContents): string {
  if (!conversion) return "";
  const replaced = conversion.replaced.map(
    ({ name, was, became }) => `\`${name}\` (${was} → ${kindInWords(became)})`,
  );
  return `
## From a network that cannot be encrypted

This was \`${conversion.from}\`. Replaced, each by what comes nearest in the mean square on the first training data, its scale
folded into the weights around it: ${replaced.join(", ")}. Then it was trained further.

| test accuracy | |
| --- | ---: |
${accuracySteps(conversion.accuracy)
  .map(([step, share]) => `| ${step} | ${percent(share)} |`)
  .join("\n")}
${hasPicture ? "\n![The three accuracies as bars](accuracy.png)\n" : ""}`;
}

const accuracySteps = (accuracy: Conversion["accuracy"]) =>
  [
    ["before", accuracy.before],
    ["after replacing", accuracy.afterReplacing],
    ["after fine-tuning", accuracy.afterFineTuning],
  ] as const;

function trainingText(recipe: Recipe): string {
  const { labelSmoothing, learningRate, epochs, batchSize, clipNorm, weightDecay, maxShift } = recipe;
  const shifts =
    maxShift > 0
      ? `, images shifted by up to ${maxShift} ${maxShift === 1 ? "pixel" : "pixels"}\nalong each axis`
      : "";
  return `Softmax cross-entropy with label smoothing ${labelSmoothing}, Adam (learning rate ${learningRate}, falling to 0 along half a cosine), ${epochs} epochs of
batches of ${batchSize}, gradients clipped to a joint norm of ${clipNorm}, weight decay ${weightDecay}${shifts}.`;
}

/** What the seed decides. */
function randomChoices({ from, recipe }: CardContents): string {
  const choices = [...(from ? [] : ["initial weights"]), "order", ...(recipe.maxShift > 0 ? ["shifts"] : [])];
  return [choices.slice(0, -1).join(", "), choices.at(-1)].filter(Boolean).join(" and ");
}

function nonLinearSteps({ layers }: Network): string {
  if (layers.some(isPlainOnly)) {
    return "it cannot be encrypted as it is, and shows what it takes to change that";
  }
  return layers.some(({ kind }) => kind === "polynomial")
    ? "its only non-linear steps are polynomials, which CKKS computes"
    : "its only non-linear step is x², which CKKS computes with one multiplication";
}

/** The command that trains this model again. */
function trainingCommand({ name, metrics, from }: CardContents): string {
  const { architecture, conversion, dataset, table, seed, epochs } = metrics;
  const usual = architecture ? architectureRecipe(architecture) : fineTuningRecipe;
  const isPolynomial = conversion?.replaced.some(({ became }) => became === "polynomial");
  return [
    "npx he-ml train",
    ...(architecture && !table ? [`--arch ${architecture}`] : []),
    ...(from ? [`--from ${from}`] : []),
    ...(isPolynomial ? ["--activation polynomial"] : []),
    ...(table ? [`--data ${quoted(table.file)} --label ${quoted(table.label)}`] : [`--dataset ${dataset}`]),
    `--seed ${seed}`,
    ...(epochs === usual.epochs ? [] : [`--epochs ${epochs}`]),
    `--out models/${name}`,
  ].join(" ");
}

const quoted = (text: string) => (/^[\w./-]+$/.test(text) ? text : JSON.stringify(text));

const percent = (share: number): string => `${Number((share * 100).toFixed(2))} %`;

const thousands = (count: number): string => count.toLocaleString("en-US");
