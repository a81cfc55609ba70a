import { expect, test } from "@jest/globals";
import {
  byteBudget,
  type Round,
  type Told,
} from "../../../../src/notebook/exercises/lesson-10/byte-budget.js";
import { attempt, expectRefused, expectUntouchedRefused, replayAttempt } from "../attempts.js";

type Options = Awaited<ReturnType<Parameters<typeof byteBudget.ask>[0]>>;
type Answer = Parameters<typeof byteBudget.ask>[0];

const choices: readonly Options[] = [{}, { mostInputCiphertexts: 2 }, { packing: "batch" }];

const solution: Answer = async ({ images, mostBytesUp, mostBytesDown }: Round, told) => {
  for (const options of choices) {
    const { input, output, evaluationKeys, imagesPerMessage }: Told = await told(options!);
    const messages = Math.ceil(images / imagesPerMessage);
    const fits = evaluationKeys + messages * input <= mostBytesUp && messages * output <= mostBytesDown;
    if (fits) return options;
  }
  return undefined;
};

test("the solution passes, whatever is drawn, and an untouched stub is none", async () => {
  for (const seed of [1, 2, 3, 4])
    expect(await attempt(byteBudget, solution, seed)).toMatchObject({ passed: true });
  await expectUntouchedRefused(byteBudget);
}, 60_000);

/** The right choice but for one of the rounds. */
const wrongly = (round: number, options: unknown): Answer => {
  let asked = -1;
  return (...given) => (++asked === round ? (options as Options) : solution(...given));
};

test.each<[string, Answer, RegExp]>([
  [
    "fewer ciphertexts for a few images",
    wrongly(0, choices[1]),
    /^\d+ images: \S+ MB go up, and .* keys are \S+ MB, which travel too, once$/,
  ],
  [
    "a batch for a few images",
    wrongly(0, choices[2]),
    /a batch has 154\.\d MB however few images are in it$/,
  ],
  [
    "one image a message for many",
    wrongly(2, choices[0]),
    /the requests have \S+ MB, and \d+ of them travel$/,
  ],
  ["more ciphertexts for some images", wrongly(1, choices[0]), /MB go up/],
  [
    "less precise",
    wrongly(0, { relativeError: 0.05 }),
    /it asks for a relative error of 0\.05, and 0\.01 is wanted/,
  ],
  ["nothing for one", wrongly(1, undefined), /nothing was chosen/],
  ["an unknown option", wrongly(1, { packing: "tight" }), /^planRound: expected options of compile among /],
])("%s: refused, and why", (_, answer, says) => expectRefused(byteBudget, answer, says), 60_000);

test("what the last run expected does not pass", async () => {
  expect(await replayAttempt(byteBudget, wrongly(0, choices[2]))).toMatchObject({ passed: false });
}, 60_000);
