import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { RemoteModel } from "../../../src/he-ml/network/remote-model.js";
import type { RemoteProgress } from "../../../src/he-ml/network/remote-options.js";
import { argmax, imageAt } from "../../../src/he-ml/tensor/tensor.js";
import { maxAbsDifference } from "../support.js";
import { images, listening, logitsOf, teaching } from "./support.js";

let first: Awaited<ReturnType<typeof listening>>;
let second: Awaited<ReturnType<typeof listening>>;
beforeAll(async () => {
  [first, second] = [await listening(), await listening()];
});
afterAll(async () => {
  await first.stop();
  await second.stop();
});

const plain = logitsOf(images);
const sessionsOf = async ({ engine }: typeof first) => (await engine.status()).sessions;

test("images go encrypted to the server, and logits come back", async () => {
  const seen: RemoteProgress[] = [];
  const options = { ...teaching, onProgress: (progress: RemoteProgress) => void seen.push(progress) };
  const remote = await RemoteModel.connect(first.url, "TOY", options);
  expect(await sessionsOf(first)).toBe(1);
  const { logits, predicted, traces, milliseconds, bytes } = await remote.infer(images);
  expect(logits.shape).toEqual([2, 3]);
  expect(maxAbsDifference(logits.data, plain.data)).toBeLessThan(0.05);
  expect(predicted).toEqual([0, 1].map((i) => argmax(imageAt(plain, i).data)));
  expect(traces.map(({ name }) => name)).toEqual(["conv1+square1", "pool1+flatten+fc1"]);
  expect(milliseconds).toMatchObject({ queue: 2, evaluate: 1 });
  expect(bytes.input).toBeGreaterThan(0);
  expect([...new Set(seen.map(({ stage }) => stage))]).toEqual(
    ["program", "keys", "encrypt", "upload", "download", "decrypt"].filter((stage) =>
      seen.some((s) => s.stage === stage),
    ),
  );
  expect(remote).toMatchObject({ net: "tiny", inputShape: [1, 6, 6] });
  await remote.close();
  expect(await sessionsOf(first)).toBe(0);
  await expect(remote.infer(images)).rejects.toThrow("it is closed; connect again");
});

test("two servers share a network: what the first one computed goes on as it is", async () => {
  const places = [
    { url: first.url, layers: [0, 1] },
    { url: second.url, layers: [2, 3, 4] },
  ];
  await using remote = await RemoteModel.connect(places, "tiny", teaching);
  const { logits, traces } = await remote.infer(images);
  expect(maxAbsDifference(logits.data, plain.data)).toBeLessThan(0.05);
  expect(traces.map(({ name }) => name)).toEqual(["conv1+square1", "pool1+flatten+fc1"]);
  expect(await Promise.all([sessionsOf(first), sessionsOf(second)])).toEqual([1, 1]);
});

test("values are encrypted afresh between two servers, or on one", async () => {
  const places = [
    { url: first.url, layers: [0, 1] },
    { url: second.url, layers: [2, 3, 4] },
  ];
  for (const server of [first.url, places]) {
    await using remote = await RemoteModel.connect(server, "tiny", { ...teaching, reencryptPositions: [2] });
    const { logits, traces } = await remote.infer(images);
    expect(maxAbsDifference(logits.data, plain.data)).toBeLessThan(0.05);
    expect(traces.map(({ name }) => name)).toEqual([
      "conv1+square1",
      "reencryption before pool1",
      "pool1+flatten+fc1",
    ]);
    expect(traces[1]).toMatchObject({ kind: "reencryption", after: { level: 3, scaleBits: 20 } });
    expect(traces[1].before).toEqual(traces[0].after);
  }
});

test("the models of a server, for those that have its token", async () => {
  const token = "a-token-of-some-length";
  const guarded = await listening({ tokens: [token] });
  try {
    const [{ net, aliases, layers }] = await RemoteModel.models(guarded.url, { token });
    expect({ net, aliases }).toEqual({ net: "tiny", aliases: ["TOY"] });
    expect(layers.map(({ kind }) => kind)).toEqual([
      "convolutional",
      "square",
      "averagePool",
      "flatten",
      "linear",
    ]);
    const refused = RemoteModel.models(guarded.url, { token: "another-one-of-that-length" });
    await expect(refused).rejects.toMatchObject({ code: "unauthorized" });
    await using remote = await RemoteModel.connect(guarded.url, "tiny", { ...teaching, token });
    expect((await remote.infer(images)).predicted).toHaveLength(2);
  } finally {
    await guarded.stop();
  }
});

test("connecting can be stopped", async () => {
  const stop = new AbortController();
  const options = { ...teaching, signal: stop.signal, onProgress: () => stop.abort(new Error("enough")) };
  await expect(RemoteModel.connect(first.url, "tiny", options)).rejects.toThrow("enough");
  expect(await sessionsOf(first)).toBe(0);
});
