import { loadModel } from "#load-model";
import * as z from "zod";
import { InputError } from "../../../he-ml/errors.js";
import { compile, explain, type CompileOptions } from "../../../he-ml/index.js";
import { right, wrong, type Exercise, type Random, type Verdict } from "../exercise.js";
import { integer } from "../random.js";
import { responses, shown } from "../responses.js";

/** So many images of one client, and what may travel for all of them. */
export interface Round {
  readonly images: number;
  /** Evaluation keys and requests. */
  readonly mostBytesUp: number;
  /** Answers. */
  readonly mostBytesDown: number;
  /** The most that is asked of `compile`. */
  readonly relativeError: number;
}

/** What the planner says of options: bytes of one message each, and of the keys; how many images a message holds. */
export interface Told {
  readonly input: number;
  readonly output: number;
  readonly evaluationKeys: number;
  readonly imagesPerMessage: number;
}

type Chosen = Pick<CompileOptions, "packing" | "mostInputCiphertexts" | "relativeError">;
type PlanRound = (
  round: Round,
  told: (options: Chosen) => Promise<Told>,
) => Promise<Chosen | undefined> | Chosen | undefined;

const modelName = "mnist-small";
const relativeError = 0.01;
/** Beside the least that the choices below come to. */
const spare = 1.05;

/** What there is to choose from: each is the least for some number of images. */
const choices: readonly Chosen[] = [{}, { mostInputCiphertexts: 2 }, { packing: "batch" }];

const optionsSchema = z.strictObject({
  packing: z.enum(["packed", "batch", "scalar"]).optional(),
  mostInputCiphertexts: z.int().min(1).max(64).optional(),
  relativeError: z.number().min(1e-4).max(1).optional(),
});

const known = new Map<string, Promise<Told & { readonly relativeError: number }>>();

/** Compiled by typical costs, so that it is the same on every machine; once for each choice. */
function compiled(options: Chosen) {
  const { packing = "packed", mostInputCiphertexts, relativeError: asked = relativeError } = options;
  const id = JSON.stringify([packing, mostInputCiphertexts, asked]);
  const told =
    known.get(id) ??
    (async () => {
      const packed = packing === "packed" ? { mostInputCiphertexts, relativeError: asked } : {};
      const program = await compile(await loadModel(modelName), { packing, ...packed });
      const { bytes } = explain(program);
      const imagesPerMessage = packing === "batch" ? program.parameters.slots : 1;
      return { ...bytes, imagesPerMessage, relativeError: packing === "packed" ? asked : relativeError };
    })();
  known.set(id, told);
  return told;
}

const totalOf = ({ input, output, evaluationKeys, imagesPerMessage }: Told, images: number) => {
  const messages = Math.ceil(images / imagesPerMessage);
  return { up: evaluationKeys + messages * input, down: messages * output, messages };
};

/** Stay within a number of bytes. */
export const byteBudget: Exercise<readonly Round[], PlanRound, null, readonly (Chosen | undefined)[]> = {
  id: "byte-budget",
  lesson: "10",
  title: "a round of predictions within a byte budget",
  points: 2,
  answer: "planRound",
  hints: [
    "Keys travel once, requests and answers once for each message. What is small for a few images need not be for hundreds: let told(options) give the numbers, and add them up.",
    'up = evaluationKeys + messages · input and down = messages · output, with Math.ceil(images / imagesPerMessage) messages. Try {}, { mostInputCiphertexts: 2 } and { packing: "batch" }, and take one that fits both.',
    'for (const options of [{}, { mostInputCiphertexts: 2 }, { packing: "batch" as const }]) { const { input, output, evaluationKeys, imagesPerMessage } = await told(options); const messages = Math.ceil(images / imagesPerMessage); if (evaluationKeys + messages * input <= mostBytesUp && messages * output <= mostBytesDown) return options; }',
  ],
  async draw(random) {
    const all = await Promise.all(choices.map(compiled));
    const rounds = drawImages(random).map((images) => {
      const least = all
        .map((told) => totalOf(told, images))
        .reduce((best, one) => (one.up < best.up ? one : best));
      return {
        images,
        mostBytesUp: Math.round(spare * least.up),
        mostBytesDown: Math.round(spare * least.down),
        relativeError,
      };
    });
    return { question: rounds, secret: null };
  },
  async ask(answer, rounds) {
    const told = async (options: Chosen): Promise<Told> => {
      const { input, output, evaluationKeys, imagesPerMessage } = await compiled(readOptions(options));
      return { input, output, evaluationKeys, imagesPerMessage };
    };
    const chosen: (Chosen | undefined)[] = [];
    for (const round of rounds) chosen.push(await answer({ ...round }, told));
    return chosen;
  },
  async judge(rounds, _, response) {
    const chosen = responses("planRound", response, rounds.length);
    for (const [i, round] of rounds.entries()) {
      const verdict = await judgeRound(round, chosen[i]);
      if (verdict) return { ...verdict, says: `${round.images} images: ${verdict.says}` };
    }
    return right(`${rounds.length} rounds fit`);
  },
};

function readOptions(options: unknown): Chosen {
  const parsed = optionsSchema.safeParse(options);
  if (parsed.success) return parsed.data;
  throw new InputError(
    `planRound: expected options of compile among ${Object.keys(optionsSchema.shape).join(", ")}, got ${shown(options)}; return such an object`,
  );
}

async function judgeRound(round: Round, response: unknown): Promise<Verdict | undefined> {
  if (response === undefined) return wrong("nothing was chosen, and there is a choice that fits", 2);
  const options = readOptions(response);
  const told = await compiled(options);
  if (told.relativeError > round.relativeError) {
    return wrong(
      `it asks for a relative error of ${told.relativeError}, and ${round.relativeError} is wanted: bytes that are saved so are not saved`,
      2,
    );
  }
  const { up, down, messages } = totalOf(told, round.images);
  if (up > round.mostBytesUp) {
    const over = `${MB(up)} go up, and ${MB(round.mostBytesUp)} may`;
    return wrong(`${over}: ${reasonFor(told, messages, round)}`, 2);
  }
  if (down > round.mostBytesDown)
    return wrong(`${MB(down)} come down, and ${MB(round.mostBytesDown)} may`, 2);
  return undefined;
}

function reasonFor(
  { input, evaluationKeys, imagesPerMessage }: Told,
  messages: number,
  { images, mostBytesUp }: Round,
): string {
  if (imagesPerMessage > images && input > mostBytesUp / 2)
    return `a batch has ${MB(input)} however few images are in it`;
  if (messages * input <= mostBytesUp)
    return `the requests have ${MB(messages * input)}, and the keys are ${MB(evaluationKeys)}, which travel too, once`;
  return `the requests have ${MB(messages * input)}, and ${messages} of them travel`;
}

const MB = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;

/** A few, some and many: for each of them another choice is least. */
const drawImages = (random: Random) => [
  integer(random, 4, 12),
  integer(random, 110, 160),
  integer(random, 700, 4000),
];
