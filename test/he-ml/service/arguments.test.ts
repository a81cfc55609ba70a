import { expect, test } from "@jest/globals";
// Worker threads load plain JavaScript, so the service is tested as it is built.
import {
  Client,
  InputError,
  Program,
  Server,
  bench,
  compile,
  explain,
  infer,
  loadModel,
  tensor,
} from "../../../dist/he-ml/node/index.js";
import { tinyModel, waves } from "../../cli/support.js";
import { thrownBy } from "../support.js";
import { compiled, clientOf, images, plain, refusal } from "./support.js";

test("a bench of something else than models and images, or of no runs, is refused before it starts", async () => {
  const model = tinyModel;
  const logits = plain(tensor([1, 1, 6, 6], waves(36, 1)));
  const calls: [unknown, object, RegExp][] = [
    [[], {}, /list/],
    [{ model }, {}, /list/],
    [[{}], {}, /expected a model/],
    [[{ model }], { repetitions: 0 }, /repetitions/],
    [[{ model }], { repetitions: 1.5 }, /repetitions/],
    [[{ model }], { threads: 0 }, /threads/],
    [[{ model }], { thread: 2 }, /thread/],
    [[{ model }], { evaluator: "gpu" }, /evaluator/],
    [[{ model }], { signal: 3 }, /signal/],
    [[{ model, images: 5 }], {}, /images/],
    [[{ model, images: logits }], {}, /images|samples/],
    [[{ model, images, plainLogits: logits }], {}, /plainLogits: expected 3×/],
    [[{ model, plainLogits: logits }], {}, /plainLogits: expected images/],
    [
      [{ model, images: tensor([1, 1, 5, 5], waves(25, 1)) }],
      {},
      /bench: images: expected a batch \[n, 1, 6, 6\]/,
    ],
    [[{ model }, null], {}, /expected a model/],
  ];
  const started: string[] = [];
  const onProgress = (step: string) => void started.push(step);
  for (const [models, options, message] of calls) {
    expect(await refusal(() => bench(models as never, { onProgress, ...options }))).toMatch(message);
  }
  expect(started).toEqual([]);
});

test("arguments that are none are refused in one line, whatever TypeScript says", async () => {
  const program = await compiled();
  const client = await clientOf(program);
  const server = await Server.start(program, { threads: 0 });
  const session = await server.connect(client.evaluationKeys);
  const calls: ((value: never) => unknown)[] = [
    (value) => compile(value),
    (value) => Client.create(value),
    (value) => Server.start(value),
    (value) => server.connect(value),
    (value) => session.run(value),
    (value) => client.encrypt(value),
    (value) => client.decrypt(value),
    (value) => client.twin(value),
    (value) => client.continuedBy(value),
    (value) => Program.fromJSON(value),
    (value) => loadModel(value),
    (value) => infer(program, value, { threads: 0 }),
    (value) => explain(value),
  ];
  for (const call of calls) {
    for (const value of [undefined, null, 5, {}, [], "", () => 1]) {
      await refusal(async () => call(value as never));
    }
  }
  for (const options of [
    { labels: [1] },
    { plainLogits: plain(tensor([1, 1, 6, 6], waves(36, 1))) },
    { expectedLogits: images },
  ]) {
    expect(await refusal(() => infer(program, images, { threads: 0, ...options }))).toMatch(
      new RegExp(`^infer: ${Object.keys(options)[0]}: expected .*3`),
    );
  }
  const batch = await compiled({ packing: "batch" });
  for (const planned of [program, batch]) {
    expect(thrownBy(() => explain(planned, { sample: plain(images) }))).toBeInstanceOf(InputError);
    expect(explain(planned, { sample: images }).bytes.input).toBeGreaterThan(0);
  }
  for (const options of [
    5,
    { packng: "batch" },
    { layers: 3 },
    { samples: [] },
    { fuse: 1 },
    { parameters: 5 },
  ]) {
    expect(await refusal(() => compile(tinyModel, options as never))).toMatch(/^compile: /);
  }
  expect(await refusal(() => Server.start(program, { thread: 1 } as never))).toMatch(
    /^server: options: .*thread/,
  );
  await server.close();
});
