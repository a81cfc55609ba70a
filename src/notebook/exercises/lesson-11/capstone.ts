import {
  Client,
  Server,
  compile,
  explain,
  imageAt,
  modelForward,
  tensor,
  type Program,
  type Tensor,
} from "../../../he-ml/index.js";
import { right, wrong, type Exercise, type Verdict } from "../exercise.js";
import { readSubmission, submissionToJson, type Submission } from "./submission.js";

type Capstone = () => Submission | Promise<Submission>;

const budget = {
  /** Largest error of a logit, of the largest logit. */
  "error (%)": 1,
  /** Predicted, for one image on one thread, by what operations cost on a typical machine: the same for everybody. */
  ms: 20,
  /** One encrypted image. */
  "KB up": 1000,
} as const;

/** Of all samples, in the clear. */
const leastAccuracy = 0.8;
/** By how much it has to beat whoever always says the class that is most frequent. */
const leastGain = 0.1;
/** Samples that are encrypted, computed and decrypted. */
const encrypted = 4;

/** A network of the student's own, under a budget of error, latency and upload. */
export const capstone: Exercise<Record<string, never>, Capstone, readonly number[], object | undefined> = {
  id: "capstone",
  lesson: "11",
  title: "a network of your own, within a budget",
  points: 10,
  answer: "capstone",
  hints: [
    "Begin small: one convolution or linear layer, a square, one linear layer. Get it through the check, then make it better.",
    "Upload and milliseconds follow from levels and shapes: each square and each layer with weights takes a level, average pooling none where a linear layer or a convolution follows. Look at explain(await compile(model, { samples })) before you train for long.",
    'const model = defineModel({ name: "mine", inputShape, layers: [convolutionalLayer({ weights }), squareLayer({}), averagePoolLayer({ kernelSize: 2 }), flattenLayer({}), linearLayer({ weights: fitted, bias })] }), with random weights in the convolution and the last layer fitted by least squares, as the notebook does for digits; return { model, samples, labels }.',
  ],
  budget,
  par: { ms: 3, "KB up": 394, "error (%)": 0.1 },
  draw: (random) => ({ question: {}, secret: Array.from({ length: encrypted }, random) }),
  ask: async (answer) => submissionToJson(await answer()),
  async judge(_, fractions, response) {
    const submission = readSubmission(response);
    const chosen = fractions.map((fraction) => Math.floor(fraction * submission.labels.length));
    return judgeAccuracy(submission) ?? (await judgeEncrypted(submission, chosen));
  },
};

const percent = (share: number) => `${(100 * share).toFixed(0)} %`;

/** What is wrong with the network in the clear, where something is. */
function judgeAccuracy({ model, samples, labels }: Submission): Verdict | undefined {
  const predicted = predictionsOf(modelForward(model, samples).at(-1)!);
  const share = (isRight: (label: number, i: number) => boolean) =>
    Array.from(labels).filter(isRight).length / labels.length;
  const accuracy = share((label, i) => label === predicted[i]);
  if (accuracy < leastAccuracy) {
    return wrong(
      `the network is right on ${percent(accuracy)} of your samples, and ${percent(leastAccuracy)} are asked: train it longer, or give it more features`,
      1,
    );
  }
  const classes = [...new Set(Array.from(labels))];
  const majority = Math.max(...classes.map((one) => share((label) => label === one)));
  if (accuracy >= majority + leastGain || accuracy === 1) return majority === 1 ? oneClass() : undefined;
  return wrong(
    `always saying the most frequent class would be right on ${percent(majority)} of your samples, and the network is on ${percent(accuracy)}: take as many of each class`,
    1,
  );
}

const oneClass = () => wrong("all your samples have the same label: take some of each class", 1);

/** Plans it, holds the plan against the budget, and then runs some samples encrypted. */
async function judgeEncrypted({ model, samples }: Submission, chosen: readonly number[]): Promise<Verdict> {
  const program = await compile(model, { samples, relativeError: budget["error (%)"] / 100 });
  const planned = costOf(program);
  const over = overPlanned(planned);
  if (over) return over;
  const images = tensor(
    [chosen.length, ...samples.shape.slice(1)],
    chosen.flatMap((index) => [...imageAt(samples, index).data]),
  );
  const plain = modelForward(model, samples).at(-1)!;
  const expected = chosen.map((index) => [...imageAt(plain, index).data]);
  const got = await runEncrypted(program, images);
  const largest = Math.max(...plain.data.map(Math.abs));
  const error = Math.max(
    ...expected.flatMap((logits, i) => logits.map((logit, j) => Math.abs(logit - got[i][j]))),
  );
  const cost = { "error (%)": Number(((100 * error) / largest).toPrecision(2)), ...planned };
  if (cost["error (%)"] > budget["error (%)"]) {
    return wrong(
      `encrypted, a logit is off by ${cost["error (%)"]} % of the largest, and ${budget["error (%)"]} % are allowed: are your samples like what the network meets?`,
      2,
    );
  }
  const flipped = chosen.findIndex((_, i) => best(expected[i]) !== best(got[i]));
  if (flipped < 0) return right(`${chosen.length} of your samples, encrypted: all as in the clear`, cost);
  return wrong(
    `sample ${chosen[flipped]} is ${best(expected[flipped])} in the clear and ${best(got[flipped])} encrypted: its two largest logits are too close`,
    2,
  );
}

function costOf(program: Program): { readonly ms: number; readonly "KB up": number } {
  const { totals, bytes } = explain(program);
  return { ms: Math.round(totals.predictedMilliseconds), "KB up": Math.round(bytes.input / 1000) };
}

function overPlanned({ ms, "KB up": upload }: ReturnType<typeof costOf>): Verdict | undefined {
  if (upload > budget["KB up"]) {
    return wrong(
      `one encrypted image takes ${upload} KB, and the budget is ${budget["KB up"]}: a shorter chain takes less, and it is as long as the network is deep`,
      2,
    );
  }
  if (ms <= budget.ms) return undefined;
  return wrong(
    `an image is predicted to take ${ms} ms, and the budget is ${budget.ms}: fewer channels, a larger stride or smaller layers take fewer rotations`,
    2,
  );
}

async function runEncrypted(program: Program, images: Tensor): Promise<number[][]> {
  const client = await Client.create(program.clientSpec);
  await using server = await Server.start(program, { threads: 0 });
  const session = await server.connect(client.evaluationKeys);
  const { response } = await session.run(client.encrypt(images));
  const logits = client.decrypt(response);
  return Array.from({ length: images.shape[0] }, (_, i) => [...imageAt(logits, i).data]);
}

const best = (logits: readonly number[]) => logits.indexOf(Math.max(...logits));
const predictionsOf = (logits: Tensor) =>
  Array.from({ length: logits.shape[0] }, (_, i) => best([...imageAt(logits, i).data]));
