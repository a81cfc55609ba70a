import { expect, test } from "@jest/globals";
import { Client, zeros, type ClientSpec, type Tensor } from "../../../../src/he-ml/index.js";
import { splitInference, type Place } from "../../../../src/notebook/exercises/lesson-10/split-inference.js";
import { attempt, expectRefused, expectUntouchedRefused, replayAttempt } from "../attempts.js";

type Answer = (
  specs: readonly [ClientSpec, ClientSpec],
  servers: readonly [Place, Place],
  image: Tensor,
) => Promise<Tensor>;

const teaching = { security: "teaching" } as const;

const solution: Answer = async ([first, second], [one, two], image) => {
  const client = await Client.create(first, teaching);
  const next = client.continuedBy(second);
  const firstSession = await one.connect(client.evaluationKeys);
  const secondSession = await two.connect(next.evaluationKeys);
  return next.decrypt(await secondSession.run(await firstSession.run(client.encrypt(image))));
};

test("the solution passes, and an untouched stub is none", async () => {
  expect(await attempt(splitInference, solution)).toEqual({
    passed: true,
    says: "neither saw more than ciphertexts",
  });
  await expectUntouchedRefused(splitInference);
});

const twoKeys: Answer = async ([first, second], [one, two], image) => {
  const [client, next] = [await Client.create(first, teaching), await Client.create(second, teaching)];
  const firstSession = await one.connect(client.evaluationKeys);
  const secondSession = await two.connect(next.evaluationKeys);
  return next.decrypt(await secondSession.run(await firstSession.run(client.encrypt(image))));
};

const sameKeys: Answer = async ([first], [one, two], image) => {
  const client = await Client.create(first, teaching);
  await one.connect(client.evaluationKeys);
  await two.connect(client.evaluationKeys);
  return image;
};

const afresh: Answer = async ([first, second], [one, two], image) => {
  const client = await Client.create(first, teaching);
  const next = client.continuedBy(second);
  await (await one.connect(client.evaluationKeys)).run(client.encrypt(image));
  return next.decrypt(await (await two.connect(next.evaluationKeys)).run(client.encrypt(image)));
};

const openedByTheFirst: Answer = async ([first, second], [one, two], image) => {
  const client = await Client.create(first, teaching);
  const firstSession = await one.connect(client.evaluationKeys);
  const secondSession = await two.connect(client.continuedBy(second).evaluationKeys);
  return client.decrypt(await secondSession.run(await firstSession.run(client.encrypt(image))));
};

const unasked: Answer = async ([first], [one], image) => {
  const client = await Client.create(first, teaching);
  return client.decrypt(await (await one.connect(client.evaluationKeys)).run(client.encrypt(image)));
};

test.each<[string, Answer, RegExp]>([
  ["two secret keys", twoKeys, /^the two servers got keys of two different secret keys: /],
  ["the first's keys for both", sameKeys, /^server 2 got evaluation keys that are not its program's: /],
  ["the image to both", afresh, /^the second server was sent something else than the first one's answer/],
  ["opened by the first client", openedByTheFirst, /^it decrypts by the wrong specification: /],
  ["no second server", unasked, /^splitInference: expected a list of 3 numbers, got 8 of them/],
  ["zeros", async () => zeros([1, 3]), /^logit \d is 0.00, and /],
  ["no word of teaching", async ([first]) => (await Client.create(first), zeros([3])), /threw InputError: /],
])("%s: refused, and why", (_, answer, says) => expectRefused(splitInference, answer, says));

test("what answers other questions does not pass", async () => {
  expect(await replayAttempt(splitInference, solution)).toMatchObject({ passed: false });
});
