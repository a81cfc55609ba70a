import { describe, expect, test } from "@jest/globals";
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InputError } from "../../../../src/he-ml/errors.js";
import { loadModel, loadNetwork } from "../../../../src/he-ml/node/files/load-model.js";
import { modelForward } from "../../../../src/he-ml/model/model.js";
import { UnsupportedLayersError } from "../../../../src/he-ml/model/unsupported-layers.js";
import { maxAbsDifference, rejectedBy } from "../../support.js";
import { fixturesFolder, torchCases } from "./fixtures.js";

describe("networks that torch 2.13 saved mean what they mean there", () => {
  test.each(torchCases.map((torchCase) => [torchCase.name, torchCase] as const))(
    "%s",
    async (_, { path, inputShape, isInferred, description, kinds, inputs, outputs }) => {
      const network = await loadNetwork(path, {
        inputShape: isInferred ? undefined : inputShape,
        description,
      });
      expect(network.inputShape).toEqual(inputs.shape.slice(1));
      expect(network.layers.map(({ kind }) => kind)).toEqual(kinds);
      const output = modelForward(network, inputs).at(-1)!;
      expect(output.shape).toEqual(outputs.shape);
      expect(maxAbsDifference(output.data, outputs.data)).toBeLessThan(1e-5);
    },
  );
});

const fixture = (name: string) => join(fixturesFolder, name);

describe("layers", () => {
  test("bear the names and the numbers of their modules, and those dropped keep their place", async () => {
    const names = async (name: string) =>
      (await loadNetwork(fixture(name))).layers.map((layer) => layer.name);
    expect(await names("dropped.pt")).toEqual(["0", "1", "2", "3", "4", "5", "6"]);
    expect(await names("batch-norm.pt")).toEqual(["0", "1", "2", "3", "4", "5", "6"]);
  });

  test("of nested sequences are numbered in the order in which they run", async () => {
    const { layers } = await loadNetwork(fixture("nested.pt"), { inputShape: [1, 5, 5] });
    expect(layers.map(({ name }) => name)).toEqual(["0.0", "0.1", "1.0.0", "1.1", "2"]);
  });
});

describe("the shape of images", () => {
  test("is asked for where several would do, and those are named", async () => {
    const error = await rejectedBy(() => loadNetwork(fixture("nested.pt")));
    expect((error as Error).message).toBe(
      'model "nested": its file does not say how large images are, and its layers leave a choice ' +
        "(1×5×5 to 1×6×6 would do); give inputShape, such as [1, 28, 28]",
    );
  });

  test("is asked for where nothing limits it", async () => {
    const error = await rejectedBy(() => loadNetwork(fixture("conv1d-same.pt")));
    expect((error as Error).message).toMatch(/leave a choice; give inputShape, such as \[2, 100\]$/);
  });

  test("that the layers cannot take is refused", async () => {
    const error = await rejectedBy(() => loadNetwork(fixture("nested.pt"), { inputShape: [1, 9, 9] }));
    expect((error as Error).message).toMatch(
      /^model "nested": linear "2": input has 32 features, weights expect 8$/,
    );
  });

  test.each([[[0, 3, 3]], [[1.5]], [[]], [[1, 2, 3, 4]]])("%j is refused", async (inputShape) => {
    const error = await rejectedBy(() => loadNetwork(fixture("nested.pt"), { inputShape }));
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toMatch(
      /^model "nested": inputShape: expected \[channels, height, width\]/,
    );
  });
});

describe("what cannot be encrypted", () => {
  test("is all named by its number, with its remedy", async () => {
    const error = await rejectedBy(() => loadModel(fixture("plain-only.pt"), { inputShape: [1, 6, 6] }));
    expect(error).toBeInstanceOf(UnsupportedLayersError);
    expect((error as UnsupportedLayersError).layers).toMatchObject([
      { position: 1, name: "1", op: "relu", remedy: expect.stringContaining("square") },
      { position: 2, name: "2", op: "maxPool", remedy: expect.stringContaining("average pool") },
      { position: 5, op: "leakyRelu" },
      { position: 6, op: "elu" },
      { position: 7, op: "tanh" },
      { position: 8, op: "softplus" },
    ]);
  });

  test("is named before the shape of images is asked for", async () => {
    const error = await rejectedBy(() => loadModel(fixture("plain-only.pt")));
    expect(error).toBeInstanceOf(UnsupportedLayersError);
    expect((error as Error).message).toMatch(
      /layer 1 "1" \(ReLU\).*; besides, its file does not say how large/,
    );
  });

  test("nor be run is named with all that cannot be encrypted", async () => {
    const error = await rejectedBy(() => loadNetwork(fixture("refused-types.pt")));
    expect((error as UnsupportedLayersError).layers).toEqual([
      { position: 1, name: "1", op: "ReLU", remedy: expect.stringContaining("square") },
      { position: 2, name: "2", op: "LSTM", remedy: expect.stringContaining("build the model from") },
    ]);
  });
});

describe("refusals", () => {
  test.each<[string, RegExp]>([
    ["refused-circular.pt", /Conv2d "0": expected padding_mode "zeros", got "circular"/],
    ["refused-ceil.pt", /AvgPool2d "0": ceil_mode=True makes its last windows reach beyond the image of 6×6/],
    ["refused-batch-norm.pt", /BatchNorm1d "0": it has no running statistics/],
    ["refused-checkpoint.pt", /it is a state_dict: weights without layers; give a description/],
    ["refused-list.pt", /expected an nn.Sequential or a state_dict, got something else/],
    ["refused-torchscript.pt", /it is a TorchScript archive \(torch.jit.save\).* export it to ONNX/],
    ["refused-hooks.pt", /its module "0" has forward pre hooks, code that changes what it computes/],
    [
      "refused-own-network.pt",
      /of the class "__main__.Net", whose forward is code .*; it has the modules fc \(Linear\). Export it to ONNX/,
    ],
    ["state-dict.pth", /it is a state_dict: weights without layers; give a description/],
  ])("%s", async (file, message) => {
    const error = await rejectedBy(() => loadNetwork(fixture(file), { inputShape: [1, 6, 6] }));
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).toMatch(/^model ".+": .+$|^model ".+" has .+$/);
  });
});

describe("a description", () => {
  const load = (description: unknown) => loadNetwork(fixture("state-dict.pth"), { description });
  const rest = [{ type: "BatchNorm2d" }, { type: "Square" }, { type: "Flatten" }, { type: "Linear" }];

  test("may lie beside the weights", async () => {
    const folder = await mkdtemp(join(tmpdir(), "he-ml-"));
    try {
      await copyFile(fixture("state-dict.pth"), join(folder, "net.pth"));
      const layers = [{ type: "Conv2d", stride: 2 }, ...rest];
      await writeFile(join(folder, "net.layers.json"), JSON.stringify({ inputShape: [1, 4, 4], layers }));
      expect((await loadNetwork(join(folder, "net.pth"))).layers).toHaveLength(5);
      await writeFile(join(folder, "net.layers.json"), "{");
      expect(await rejectedBy(() => loadNetwork(join(folder, "net.pth")))).toMatchObject({
        message: expect.stringMatching(/net.layers.json" is no JSON/),
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test("of a file that holds its layers itself is refused", async () => {
    const error = await rejectedBy(() => loadNetwork(fixture("linear.pt"), { description: { layers: [] } }));
    expect((error as Error).message).toMatch(/^model "linear": it holds its layers itself/);
  });

  test.each<[string, unknown, RegExp]>([
    ["no object", 5, /description: the whole: /],
    ["no layers", { layers: [] }, /description: layers: /],
    ["a layer without type", { layers: [{ stride: 2 }] }, /description: layers.0.type: /],
    ["an unknown argument", { layers: [{ type: "Conv2d", strides: 2 }] }, /Conv2d "0": .*strides/],
    ["an impossible argument", { layers: [{ type: "Conv2d", stride: [1, 2, 3] }] }, /Conv2d "0": stride: /],
    [
      "an impossible stride",
      { layers: [{ type: "Conv2d", stride: 0 }, ...rest] },
      /"0" stride: expected .* got 0/,
    ],
    [
      "other sizes",
      { layers: [{ type: "Conv2d", out_channels: 3 }] },
      /out_channels is 3, but its weights say 2/,
    ],
    ["another kernel", { layers: [{ type: "Conv2d", kernel_size: 3 }] }, /kernel_size is 3×3, .* say 2×2/],
    [
      "a bias ruled out",
      { layers: [{ type: "Conv2d", bias: false }, ...rest] },
      /belong to no layer: "0.bias"/,
    ],
    [
      "a layer too few",
      { layers: [{ type: "Conv2d" }, { type: "BatchNorm2d" }] },
      /belong to no layer: "4.weight", "4.bias"/,
    ],
    ["another name", { layers: [{ type: "Conv2d", name: "conv1" }] }, /expected the weights "conv1.weight"/],
    ["an unknown type", { layers: [{ type: "Conv3d" }] }, /layer 0 "0" \(Conv3d\): build the model/],
    [
      "the same name twice",
      {
        layers: [
          { type: "Square", name: "0" },
          { type: "Conv2d", name: "0" },
        ],
      },
      /belong to no layer/,
    ],
  ])("with %s is refused", async (_, description, message) => {
    const error = await rejectedBy(() => load(description));
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toMatch(message);
  });
});
