import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { readFile } from "node:fs/promises";
import { onnxSession } from "../../src/he-ml/node/onnx/run.js";
import { writeOnnx } from "../../src/he-ml/formats/onnx/write.js";
import * as inNode from "../../src/train/node/index.js";
import { maxAbsDifference } from "../he-ml/support.js";
import { openLibrary, type Library, type LibraryWorkers } from "./library-worker.js";

const first = (count: number) => Array.from({ length: count }, (_, index) => index);

let library: LibraryWorkers;
beforeAll(async () => {
  library = await openLibrary();
}, 60_000);
afterAll(() => library.close());

describe("a worker", () => {
  test("has Node's test images, and TensorFlow.js is not asked for", async () => {
    const wanted: [name: string, indices: number[]][] = [
      ["mnist", first(200)],
      ["mnist", [9999, 200]],
      ["mnist-12x12", [5]],
      ["fashion-mnist", [0, 199]],
      ["breast-cancer", first(114)],
    ];
    const testImages = async ({ train }: Pick<Library, "train">, wanted: [string, number[]][]) =>
      Promise.all(
        wanted.map(async ([name, indices]) => {
          const { images, labels, classNames } = await train.loadTestImages(name, indices);
          return { shape: images.shape, data: [...images.data], labels: [...labels], classNames };
        }),
      );
    const { result, asked } = await library.run(testImages, wanted);
    expect(result).toEqual(await testImages({ train: inNode }, wanted));
    expect(asked.filter((file) => /tensorflow|tfjs/.test(file))).toEqual([]);
  });

  test("what is not served is refused, with what to serve", async () => {
    const { result } = await library.run(
      async ({ train }) =>
        Promise.all(
          [
            () => train.loadDataset("fashion-mnist", "train"),
            () => train.loadDataset("mnist", "test", { directory: "digits" }),
            () => train.loadDataset("mnist", "test", { directory: "http://" }),
            () => train.loadTestImages("mnist", [0]),
          ].map((call) => call().then(() => "", String)),
        ),
      undefined,
      { leftOut: ["models/datasets/mnist/t10k-first200-images-idx3-ubyte"] },
    );
    expect(result).toEqual([
      expect.stringMatching(
        /^InputError: dataset fashion-mnist: ".*\/course\/lib\/models\/datasets\/fashion-mnist\/train-images-idx3-ubyte" cannot be fetched \(404\); .*put train-images-idx3-ubyte or train-images-idx3-ubyte.gz of Debian's package/,
      ),
      expect.stringMatching(/"http.*\/course\/digits\/t10k-images-idx3-ubyte" cannot be fetched \(404\)/),
      expect.stringMatching(/directory: expected the address of a folder, got "http:\/\/"/),
      expect.stringMatching(/first200.* cannot be fetched \(404\); serve the package's models folder/),
    ]);
  });

  test("a folder of one's own is read by its address", async () => {
    const { result } = await library.run(
      async ({ train }) => [
        ...(await train.loadTestImages("mnist", [201, 7], { directory: "lib/models/datasets/mnist" })).labels,
      ],
      undefined,
    );
    expect(result).toEqual([...(await inNode.loadTestImages("mnist", [201, 7])).labels]);
  });
});

/** A short training, from random weights and from those of a network made HE-friendly: the trained models as ONNX. */
const briefTrainings = async ({ heMl, onnx, train }: Library): Promise<number[][]> => {
  const dataset = train.sliceDataset(await train.loadDataset("mnist", "test"), 0, 512);
  const { images } = train.selectImages(train.sliceDataset(dataset, 0, 100));
  const tanh = await heMl.loadNetwork("lenet1-tanh");
  const initialModel = train.makeHeFriendly(tanh, images, "square");
  const trained: number[][] = [];
  for (const start of [{ architecture: "mnist-small" }, { initialModel }]) {
    const { network } = await train.train({ ...start, dataset, epochs: 1, seed: 7, backend: "wasm" });
    trained.push([...onnx.writeOnnx(train.toModel(network, "brief"))]);
    network.dispose();
  }
  return trained;
};

describe("training in a worker", () => {
  test.each([false, true])("gives Node's weights to the last bit (page isolated: %s)", async (isolated) => {
    const { result, asked } = await library.run(briefTrainings, undefined, { isolated });
    const { loadNetwork } = await import("../../src/he-ml/node/files/load-model.js");
    const node = { heMl: { loadNetwork }, onnx: { writeOnnx }, train: inNode } as unknown as Library;
    expect(result).toEqual(await briefTrainings(node));
    expect(asked.filter((file) => file.endsWith(".wasm"))).toEqual(["tfjs-backend-wasm-simd.wasm"]);
  });

  test("stops when its signal aborts, and tells how far it is", async () => {
    const { result } = await library.run(async ({ train }) => {
      const dataset = train.sliceDataset(await train.loadDataset("mnist", "test"), 0, 2000);
      const stop = new AbortController();
      const steps: number[] = [];
      const onProgress = ({ step }: { readonly step: number }) => {
        // Comes while the training goes on, as long as that gives way
        if (steps.push(step) === 1) setTimeout(() => stop.abort(new Error("enough")), 0);
      };
      const options = { architecture: "mnist-small", dataset, epochs: 1000, signal: stop.signal, onProgress };
      const outcome = await train.train(options).then(() => "", String);
      return { outcome, firstStep: steps[0] };
    }, undefined);
    expect(result).toEqual({ outcome: "Error: enough", firstStep: 2 });
  });

  test("needs files that a refusal names, and refuses what a page cannot do", async () => {
    const { result } = await library.run(
      async ({ train }) => {
        const dataset = train.sliceDataset(await train.loadDataset("breast-cancer", "train"), 0, 10);
        const calls = [
          async () => train.buildNetwork("mnist-small", 1),
          () => train.train({ architecture: "breast-cancer", dataset }),
          () => train.useBackend("tensorflow"),
          () => train.trainAndExport({ outputDirectory: "mine" }),
        ];
        const refusals: string[] = [];
        for (const call of calls) refusals.push(await call().then(() => "", String));
        return refusals;
      },
      undefined,
      { leftOut: ["tfjs-backend-wasm-simd.wasm"] },
    );
    expect(result).toEqual([
      expect.stringMatching(/^InputError: train: expected TensorFlow.js, .*await useBackend\(\) first/),
      expect.stringMatching(/^InputError: backend wasm: .*serve the \.wasm files of @tensorflow/),
      expect.stringMatching(/^InputError: backend tensorflow: .*train with wasm/),
      expect.stringMatching(/^InputError: trainAndExport: a page has no folder/),
    ]);
  });
});

describe("ONNX files in a worker", () => {
  test.each(["lenet1-tanh", "lenet1", "mnist-small"])(
    "%s is run as a plain network, near onnxruntime, with the same accuracy",
    async (name) => {
      const { result, asked } = await library.run(async ({ onnx, train }, name) => {
        const session = await onnx.onnxSession(`lib/models/${name}/model.onnx`);
        const indices = Array.from({ length: 200 }, (_, index) => index);
        const { images } = await train.loadTestImages("mnist", indices);
        const logits = await session.run(images);
        await session.release();
        const released = await session.run(images).then(() => "", String);
        const dataset = train.sliceDataset(await train.loadDataset("mnist", "test"), 0, 200);
        const bytes = new Uint8Array(await (await fetch(`lib/models/${name}/model.onnx`)).arrayBuffer());
        const accuracy = await train.measureAccuracy(bytes, dataset);
        return { runner: session.runner, shape: logits.shape, data: [...logits.data], accuracy, released };
      }, name);
      const bytes = await readFile(`models/${name}/model.onnx`);
      const session = await onnxSession(bytes);
      const { images } = await inNode.loadTestImages("mnist", first(200));
      const logits = await session.run(images);
      await session.release();
      expect([session.runner, result.runner]).toEqual(["onnxruntime", "plain network"]);
      expect(result.shape).toEqual(logits.shape);
      const difference = maxAbsDifference(result.data, logits.data);
      expect(difference).toBeLessThan(1e-4);
      // Single precision: the same to the last bit would be onnxruntime's.
      expect(difference).toBeGreaterThan(0);
      const dataset = inNode.sliceDataset(await inNode.loadDataset("mnist", "test"), 0, 200);
      expect(result.accuracy).toBe(await inNode.measureAccuracy(bytes, dataset));
      expect(result.released).toMatch(/^InputError: onnxSession: .*released/);
      expect(asked.filter((file) => file.endsWith(".wasm"))).toEqual([]);
    },
  );
});

test("the browser's editions have the names of Node's", async () => {
  const { result } = await library.run(
    async ({ onnx, train }) => [Object.keys(onnx).sort(), Object.keys(train).sort()],
    undefined,
  );
  const onnxInNode = await import("../../src/he-ml/node/onnx/index.js");
  expect(result).toEqual([Object.keys(onnxInNode).sort(), Object.keys(inNode).sort()]);
});
