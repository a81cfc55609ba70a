import { describe, expect, test } from "@jest/globals";
import { InputError } from "../../../../src/he-ml/errors.js";
import { modelForward, type Network } from "../../../../src/he-ml/model/model.js";
import { readTorch, type ReadTorchOptions } from "../../../../src/he-ml/formats/torch/read.js";
import { tensor } from "../../../../src/he-ml/tensor/tensor.js";
import { rejectedBy } from "../../support.js";
import * as p from "./pickles.js";
import { torchZip } from "./zip.js";

/** Storage "0" holds a kernel of 2×3, storage "1" a bias of 2. */
const storages = {
  0: new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer),
  1: new Uint8Array(Float32Array.of(10, 20).buffer),
};
const storage = (key: string, count: number) =>
  p.sequence(
    p.tuple(
      p.unicode("storage"),
      p.global("torch", "FloatStorage"),
      p.unicode(key),
      p.unicode("cpu"),
      p.integer(count),
    ),
    Uint8Array.of(0x51),
  );
const stored = (key: string, ...shape: number[]) => {
  const count = shape.reduce((product, size) => product * size, 1);
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
  return p.reduce(
    p.global("torch._utils", "_rebuild_tensor_v2"),
    p.tuple(
      storage(key, count),
      p.integer(0),
      p.tuple(...shape.map(p.integer)),
      p.tuple(...strides.map(p.integer)),
    ),
  );
};
const kernel = stored("0", 2, 3);
const bias = stored("1", 2);
const linear = (...attributes: readonly (readonly [string, Uint8Array])[]) =>
  p.torchModule(
    "linear",
    "Linear",
    ["_parameters", p.dictionary([p.unicode("weight"), kernel], [p.unicode("bias"), bias])],
    ...attributes,
  );
const stateDict = (prefix: string) =>
  p.dictionary([p.unicode(`${prefix}0.weight`), kernel], [p.unicode(`${prefix}0.bias`), bias]);
const square = p.build(p.newObject(p.global("__main__", "Square"), p.tuple()), p.emptyDictionary);
const withAttribute = (path: string, name: string, ...attributes: (readonly [string, Uint8Array])[]) =>
  p.sequential(p.torchModule(path, name, ...attributes));

const load = (value: Uint8Array, options: Partial<ReadTorchOptions> = {}) =>
  readTorch(torchZip(p.pickle(value), storages), { name: "net", ...options });

async function refusal(value: Uint8Array, options: Partial<ReadTorchOptions> = {}): Promise<string> {
  const error = await rejectedBy(() => load(value, options));
  expect(error).toBeInstanceOf(InputError);
  expect((error as Error).message).toMatch(/^.+$/);
  return (error as Error).message;
}

const outputs = (network: Network, values: readonly number[]) => [
  ...modelForward(network, tensor([1, ...network.inputShape], values)).at(-1)!.data,
];

/** [1, 2, 3; 4, 5, 6] · (1, 1, 1) + (10, 20) */
const expected = [16, 35];
const description = { layers: [{ type: "Linear" }] };

describe("weights in what training saves beside them", () => {
  test.each(["model_state_dict", "state_dict"])("in a checkpoint, under %s", async (key) => {
    const checkpoint = p.dictionary([p.unicode(key), stateDict("")], [p.unicode("epoch"), p.integer(3)]);
    const network = await load(checkpoint, { description });
    expect(outputs(network, [1, 1, 1])).toEqual(expected);
    expect(network.notes).toEqual([`of the checkpoint "${key}" is read; "epoch" beside it is left out`]);
  });

  test("in a checkpoint with the network itself", async () => {
    const checkpoint = p.dictionary([p.unicode("model"), p.sequential(linear())]);
    expect(outputs(await load(checkpoint), [1, 1, 1])).toEqual(expected);
  });

  test("in a checkpoint of two networks are refused", async () => {
    const both = p.dictionary([p.unicode("state_dict"), stateDict("")], [p.unicode("net"), stateDict("")]);
    expect(await refusal(both, { description })).toMatch(
      /several networks: "state_dict", "net"; save the one/,
    );
  });

  test.each(["module.", "_orig_mod.", "module._orig_mod."])("wrapped, as %s0.weight", async (prefix) => {
    expect(outputs(await load(stateDict(prefix), { description }), [1, 1, 1])).toEqual(expected);
    const named = { layers: [{ type: "Linear", name: `${prefix}0` }] };
    expect(outputs(await load(stateDict(prefix), { description: named }), [1, 1, 1])).toEqual(expected);
  });

  test("in DataParallel, saved whole", async () => {
    const modules = p.dictionary([p.unicode("module"), p.sequential(linear())]);
    const wrapped = p.build(
      p.newObject(p.global("torch.nn.parallel.data_parallel", "DataParallel"), p.tuple()),
      p.dictionary([p.unicode("_modules"), modules]),
    );
    expect(outputs(await load(wrapped), [1, 1, 1])).toEqual(expected);
  });

  test("that are tied may have a second name; others may not", async () => {
    // Storage 0 is named in two pickled ids, and is one storage.
    const tied = (other: Uint8Array) =>
      p.dictionary(
        [p.unicode("fc.weight"), other],
        [p.unicode("0.weight"), kernel],
        [p.unicode("0.bias"), bias],
      );
    expect(outputs(await load(tied(kernel), { description }), [1, 1, 1])).toEqual(expected);
    expect(await refusal(tied(stored("0", 3, 2)), { description })).toMatch(
      /belong to no layer: "fc.weight"/,
    );
  });

  test("a given name goes before that of a position", async () => {
    const given = { layers: [{ type: "Square" }, { type: "Linear", name: "0" }] };
    const network = await load(stateDict(""), { description: given });
    expect(network.layers.map(({ name }) => name)).toEqual(["square0", "0"]);
  });
});

describe("old files", () => {
  test("of PyTorch up to 1.2 name where functions come from, which is not called", async () => {
    const backend = p.reduce(p.global("torch.nn.backends.thnn", "_get_thnn_function_backend"), p.tuple());
    expect(outputs(await load(p.sequential(linear(["_backend", backend]))), [1, 1, 1])).toEqual(expected);
  });

  test("of Python 2 write texts as bytes", async () => {
    // BINUNICODE has four bytes of length, as Python 2's BINSTRING.
    const bytes = p.sequential(linear()).map((byte) => (byte === 0x58 ? 0x54 : byte));
    expect(outputs(await load(bytes), [1, 1, 1])).toEqual(expected);
  });
});

describe("an attribute that is not understood refuses the module by name", () => {
  test.each<[string, Uint8Array, RegExp]>([
    ["a new one", p.sequential(linear(["lora_rank", p.integer(4)])), /Linear "0": its attribute "lora_rank"/],
    [
      "one of a class of the user's own",
      p.sequential(
        p.build(
          p.newObject(p.global("__main__", "Square"), p.tuple()),
          p.dictionary([p.unicode("scale"), p.integer(2)]),
        ),
      ),
      /Square "0": its attribute "scale" is not understood/,
    ],
    [
      "another padding",
      withAttribute("padding", "ZeroPad2d", ["padding", p.integer(1)], ["value", p.integer(1)]),
      /"value"/,
    ],
    [
      "another ReLU6",
      withAttribute("activation", "ReLU6", ["max_val", p.integer(5)]),
      /ReLU6 "0": its attribute "max_val"/,
    ],
  ])("%s", async (_what, value, message) => {
    expect(await refusal(value, { inputShape: [1, 4, 4] })).toMatch(message);
  });

  test("what PyTorch itself keeps there is known", async () => {
    const relu6 = withAttribute(
      "activation",
      "ReLU6",
      ["max_val", p.integer(6)],
      ["min_val", p.integer(0)],
      ["training", p.none],
    );
    expect((await load(relu6, { inputShape: [3] })).layers).toHaveLength(1);
  });
});

describe("what a file is, and what would help", () => {
  test("a network of a class of one's own", async () => {
    const modules = p.dictionary([p.unicode("fc1"), linear()], [p.unicode("act"), square]);
    const own = p.build(
      p.newObject(p.global("__main__", "Net"), p.tuple()),
      p.dictionary([p.unicode("_modules"), modules]),
    );
    expect(await refusal(own)).toMatch(
      /of the class "__main__.Net", whose forward is code .* modules fc1 \(Linear\), act \(Square\)\. Export it to ONNX/,
    );
    const block = p.build(
      p.newObject(p.global("__main__", "Block"), p.tuple()),
      p.dictionary([p.unicode("_modules"), p.dictionary([p.unicode("fc1"), linear()])]),
    );
    expect(await refusal(p.sequential(block))).toMatch(
      /\(__main__.Block\): its forward is code, .* export the network to ONNX/,
    );
  });

  test("a quantized network", async () => {
    const quantized = p.newObject(
      p.global("torch.ao.nn.quantized.dynamic.modules.linear", "Linear"),
      p.tuple(),
    );
    expect(await refusal(p.sequential(quantized))).toMatch(
      /it is a quantized network \(torch.ao.nn.quantized.*\): .*; save the float network/,
    );
  });
});

describe("modules", () => {
  const sizes = (...of: number[]) => p.tuple(...of.map(p.integer));
  const adaptive = (size: Uint8Array) => withAttribute("pooling", "AdaptiveAvgPool2d", ["output_size", size]);
  const flatten = (start: number, end: number) =>
    withAttribute("flatten", "Flatten", ["start_dim", p.integer(start)], ["end_dim", p.integer(end)]);
  const unflatten = (...of: number[]) =>
    p.torchModule("flatten", "Unflatten", ["dim", p.integer(1)], ["unflattened_size", sizes(...of)]);
  const pool = p.torchModule("pooling", "AvgPool2d", ["kernel_size", p.integer(2)]);

  test.each<[string, Uint8Array, readonly number[], readonly number[]]>([
    // 4 rows in 2 windows, and 5 columns in 4: pixels 0–1, 1–2, 2–3 and 3–4.
    [
      "one that divides one side, and overlaps along the other",
      sizes(2, 4),
      [1, 4, 5],
      [3, 4, 5, 6, 13, 14, 15, 16],
    ],
    ["a side that stays", p.tuple(p.none, p.integer(1)), [1, 4, 5], [2, 7, 12, 17]],
  ])("AdaptiveAvgPool2d to %s", async (_what, size, inputShape, means) => {
    const network = await load(adaptive(size), { inputShape });
    expect(outputs(network, [...Array(20).keys()])).toEqual(means);
  });

  test("AdaptiveAvgPool2d with windows of different sizes is refused", async () => {
    expect(await refusal(adaptive(p.integer(3)), { inputShape: [1, 5, 5] })).toMatch(
      /AdaptiveAvgPool2d "0": output_size 3 makes windows of different sizes of an image of 5×5/,
    );
  });

  test.each([
    [1, 3],
    [-3, -1],
    [1, -1],
  ])("Flatten(%i, %i) flattens an image", async (start, end) => {
    const network = await load(flatten(start, end), { inputShape: [2, 2, 2] });
    expect(network.layers.map(({ kind }) => kind)).toEqual(["flatten"]);
  });

  test.each([
    [1, 2],
    [2, 3],
    [0, 3],
  ])("Flatten(%i, %i) of an image is refused", async (start, end) => {
    expect(await refusal(flatten(start, end), { inputShape: [2, 2, 2] })).toMatch(
      /expected start_dim 1 and end_dim/,
    );
  });

  test.each([[[1, 4, 4]], [[-1, 4, 4]]])("Unflatten(1, %j) makes features an image", async (shape) => {
    const network = await load(p.sequential(unflatten(...shape), pool), {
      inputShape: shape[0] === -1 ? [16] : undefined,
    });
    expect(network.inputShape).toEqual([16]);
    expect(outputs(network, [...Array(16).keys()])).toEqual([2.5, 4.5, 10.5, 12.5]);
  });

  test("Unflatten of other shapes is refused", async () => {
    expect(await refusal(p.sequential(unflatten(4, 4), pool), { inputShape: [16] })).toMatch(
      /Unflatten "0": expected dim 1 and unflattened_size \[channels, height, width\], got 1 and \[4, 4\]/,
    );
  });

  test.each<[string, Uint8Array]>([
    ["LogSoftmax(1)", p.integer(1)],
    ["Softmax(-1)", p.integer(-1)],
    ["Softmax()", p.none],
  ])("%s at the end is left out, with a note", async (call, dim) => {
    const softmax = p.torchModule("activation", call.replace(/\(.*/, ""), ["dim", dim]);
    const network = await load(p.sequential(linear(), softmax));
    expect(outputs(network, [1, 1, 1])).toEqual(expected);
    expect(network.notes).toEqual([expect.stringMatching(/^\w*Softmax "1" at the end is left out/)]);
    expect(await refusal(p.sequential(linear(), softmax, square))).toMatch(
      /layer 1 "1" \(\w*Softmax\): leave it out/,
    );
  });

  test("Softmax over the images of a batch is refused", async () => {
    const softmax = p.torchModule("activation", "Softmax", ["dim", p.integer(0)]);
    expect(await refusal(p.sequential(linear(), softmax))).toMatch(/layer 1 "1" \(Softmax\): leave it out/);
  });

  test("BatchNorm that says it has learned weights, and has none, is refused", async () => {
    const statistics = p.dictionary(
      [p.unicode("running_mean"), stored("1", 2)],
      [p.unicode("running_var"), stored("1", 2)],
    );
    const norm = (affine: Uint8Array) =>
      withAttribute("batchnorm", "BatchNorm1d", ["_buffers", statistics], ["affine", affine]);
    // (x − 10) / √(10 + ε), and (x − 20) / √(20 + ε)
    const [first, second] = outputs(await load(norm(Uint8Array.of(0x89)), { inputShape: [2] }), [20, 40]);
    expect(first).toBeCloseTo(10 / Math.sqrt(10), 4);
    expect(second).toBeCloseTo(20 / Math.sqrt(20), 4);
    expect(await refusal(norm(Uint8Array.of(0x88)), { inputShape: [2] })).toMatch(
      /BatchNorm1d "0": expected the weights "0\.weight"/,
    );
  });

  test("a length alone is the shape of a sequence of one channel", async () => {
    const pool1d = withAttribute("pooling", "AvgPool1d", ["kernel_size", sizes(2)]);
    const network = await load(pool1d, { inputShape: [4] });
    expect(network.inputShape).toEqual([1, 1, 4]);
    expect(outputs(network, [1, 3, 5, 9])).toEqual([2, 7]);
  });
});
