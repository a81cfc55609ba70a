import { expect, test } from "@jest/globals";
import { writeOnnx } from "../../src/he-ml/formats/onnx/write.js";
import * as train from "../../src/train/node/index.js";
import { smallModel as model } from "../he-ml/layers/small-model.js";
import { unclearCalls, usualWrongs, type Call } from "../he-ml/unclear-calls.js";
import { randomTensor } from "../he-ml/support.js";

const dataset: train.Dataset = {
  name: "dots",
  split: "test",
  classNames: ["a", "b", "c"],
  images: { count: 2, shape: [1, 4, 4], values: new Uint8Array(32), divisor: 255 },
  labels: Uint8Array.of(0, 1),
};
await train.useBackend("wasm");
const network = train.buildNetwork("mnist-small", 1);

/** Every function, with arguments that are right: each is then replaced by wrong ones. */
const calls: Readonly<Record<string, readonly unknown[]>> = {
  buildNetwork: ["mnist-small", 1],
  loadDataset: ["breast-cancer", "test", {}],
  loadTestImages: ["mnist", [0], {}],
  makeHeFriendly: [model, randomTensor([4, 1, 4, 4], 1), "square"],
  measureAccuracy: [writeOnnx(model), dataset, {}],
  measureValueRanges: [model, dataset, {}],
  selectImages: [dataset, [1]],
  sliceDataset: [dataset, 0, 1],
  useBackend: ["wasm"],
  toModel: [network, "mine"],
  train: [{ architecture: "mnist-small", dataset }],
  trainAndExport: [{ architecture: "mnist-small", outputDirectory: "" }],
};

/** What takes too long with arguments that are right: see train.test.ts and export.test.ts. */
const slow = ["train", "trainAndExport"];

test("every exported function is called here", () => {
  const exported = Object.entries(train).filter(([, value]) => typeof value === "function");
  expect(Object.keys(calls).sort()).toEqual(exported.map(([name]) => name).sort());
});

test.each(Object.entries(calls))(
  "%s answers, or refuses with one InputError, whatever it is given",
  async (name, right) => {
    const call = train[name as keyof typeof train] as Call;
    expect(await unclearCalls(call, right, usualWrongs)).toEqual({});
    if (!slow.includes(name)) expect(await call(...(right as never[]))).toBeDefined();
  },
);
