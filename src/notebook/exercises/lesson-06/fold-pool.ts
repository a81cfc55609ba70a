import { InputError } from "../../../he-ml/errors.js";
import { right, wrong, type Exercise, type Random, type Verdict } from "../exercise.js";
import { integer } from "../random.js";
import { numbers, responses, shown } from "../responses.js";

export interface PooledLayer {
  /** Values in a window of the pooling. */
  readonly cells: number;
  /** Of the normalisation: one factor and one constant a channel. */
  readonly gains: readonly number[];
  readonly offsets: readonly number[];
  /** Of the linear layer: a row for each output. Features come channel after channel, each channel as a run. */
  readonly weights: readonly (readonly number[])[];
  readonly bias: readonly number[];
}

interface Folded {
  readonly weights: readonly (readonly number[])[];
  readonly bias: readonly number[];
}

/** Fold a pooling's division and a normalisation into the next linear layer. */
export const foldPool: Exercise<
  readonly PooledLayer[],
  (layer: { cells: number; gains: number[]; offsets: number[]; weights: number[][]; bias: number[] }) => {
    weights: number[][];
    bias: number[];
  },
  readonly (readonly number[])[],
  readonly unknown[]
> = {
  id: "fold-pool",
  lesson: "06",
  title: "a pooling and a normalisation within the next layer's weights",
  points: 2,
  answer: "foldPool",
  hints: [
    "The layer gets sums now, and gave Σ w·(gain·(sum / cells) + offset) + b before. Sort that by what is multiplied by a sum and what is not.",
    "w·gain / cells stands at each sum, and w·offset at none: that goes into the bias, which gets one of them for each feature. Feature i belongs to channel Math.floor(i / run), with run = features / channels.",
    "weights.map((row) => row.map((w, i) => (w * gains[channel(i)]) / cells)), and bias.map((b, k) => weights[k].reduce((sum, w, i) => sum + w * offsets[channel(i)], b)).",
  ],
  draw(random) {
    const question = drawLayers(random);
    return {
      question,
      secret: question.map(({ weights }) => weights[0].map(() => integer(random, -400, 400) / 100)),
    };
  },
  ask: (answer, layers) =>
    layers.map(({ cells, gains, offsets, weights, bias }) =>
      answer({
        cells,
        gains: [...gains],
        offsets: [...offsets],
        weights: weights.map((row) => [...row]),
        bias: [...bias],
      }),
    ),
  judge(layers, sums, response) {
    const answers = responses("foldPool", response, layers.length);
    for (const [i, layer] of layers.entries()) {
      const verdict = judgeFolded(layer, sums[i], foldedOf(layer, answers[i]));
      if (verdict) return verdict;
    }
    return right(`${layers.length} layers that take sums in place of normalised means`);
  },
};

function foldedOf({ weights, bias }: PooledLayer, answer: unknown): Folded {
  if (typeof answer !== "object" || answer === null || !("weights" in answer) || !("bias" in answer)) {
    throw new InputError(`foldPool: expected { weights, bias }, got ${shown(answer)}; return both`);
  }
  const rows = responses("foldPool weights", answer.weights, weights.length);
  return {
    weights: rows.map((row) => numbers("foldPool weights", row, weights[0].length)),
    bias: numbers("foldPool bias", answer.bias, bias.length),
  };
}

const outputOf = ({ weights, bias }: Folded, inputs: readonly number[]): number[] =>
  weights.map((row, k) => row.reduce((sum, weight, i) => sum + weight * inputs[i], bias[k]));

const tolerance = 1e-9;
const isNear = (a: number, b: number) => Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b));

function judgeFolded(layer: PooledLayer, sums: readonly number[], folded: Folded): Verdict | undefined {
  const got = outputOf(folded, sums);
  const expected = outputOf(folding(layer), sums);
  const at = expected.findIndex((value, k) => !isNear(got[k], value));
  if (at < 0) return undefined;
  const says =
    `windows of ${layer.cells}, ${layer.gains.length} channels, ${sums.length} features: ` +
    `output ${at} is ${got[at].toPrecision(6)}, expected ${expected[at].toPrecision(6)}`;
  const why = mistakes.find(({ folds }) =>
    outputOf(folds(layer), sums).every((value, k) => isNear(got[k], value)),
  );
  return why ? wrong(`${says}: ${why.says}`, 2) : wrong(says, 1);
}

interface FoldingOptions {
  readonly divisor?: number;
  readonly offsetFactor?: (layer: PooledLayer, feature: number) => number;
  readonly interleaved?: boolean;
}

function folding(
  layer: PooledLayer,
  { divisor = layer.cells, offsetFactor = () => 1, interleaved = false }: FoldingOptions = {},
): Folded {
  const { gains, offsets, weights, bias } = layer;
  const run = weights[0].length / gains.length;
  const channel = (i: number) => (interleaved ? i % gains.length : Math.floor(i / run));
  return {
    weights: weights.map((row) => row.map((weight, i) => (weight * gains[channel(i)]) / divisor)),
    bias: bias.map((b, k) =>
      weights[k].reduce((sum, weight, i) => sum + weight * offsets[channel(i)] * offsetFactor(layer, i), b),
    ),
  };
}

const mistakes: readonly { folds: (layer: PooledLayer) => Folded; says: string }[] = [
  {
    folds: (layer) => folding(layer, { divisor: 1 }),
    says: "the sums are not divided: the mean's divisor is missing in the weights",
  },
  {
    folds: (layer) => folding(layer, { divisor: 1 / layer.cells }),
    says: "the weights are multiplied by the number of cells, and are to be divided by it",
  },
  {
    folds: (layer) => folding(layer, { offsetFactor: () => 0 }),
    says: "the offsets are left out: each goes into the bias, times its weight",
  },
  {
    folds: (layer) => folding(layer, { offsetFactor: ({ cells }) => 1 / cells }),
    says: "the offsets are divided, too, but they are added after the mean was taken",
  },
  {
    folds: (layer) =>
      folding(layer, {
        offsetFactor: ({ gains, weights }, i) => gains[Math.floor((i * gains.length) / weights[0].length)],
      }),
    says: "the offsets are multiplied by the gains, but are added after those",
  },
  {
    folds: (layer) => ({
      ...folding(layer),
      bias: layer.bias.map((b) => b + layer.offsets.reduce((sum, offset) => sum + offset, 0)),
    }),
    says: "the offsets are added to the bias as they are; they go through the weights, as everything before the layer does",
  },
  {
    folds: (layer) => folding(layer, { interleaved: true }),
    says: "feature i is taken to be of channel i % channels; a channel's features lie in a run",
  },
];

/** Numbers that are never so small that a mistake is missed. */
function drawLayers(random: Random): PooledLayer[] {
  const sizeable = () => (integer(random, 50, 200) / 100) * (random() < 0.5 ? -1 : 1);
  return [2, 3].map((side, i) => {
    const channels = integer(random, 2, 4);
    const run = integer(random, 2, 4) + i;
    const outputs = integer(random, 2, 3);
    const list = (length: number) => Array.from({ length }, sizeable);
    return {
      cells: side ** 2,
      gains: list(channels),
      offsets: list(channels),
      weights: Array.from({ length: outputs }, () => list(channels * run)),
      bias: list(outputs),
    };
  });
}
