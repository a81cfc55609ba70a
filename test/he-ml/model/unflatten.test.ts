import { describe, expect, test } from "@jest/globals";
import { InputError } from "../../../src/he-ml/errors.js";
import { convolutionalLayer } from "../../../src/he-ml/model/convolutional.js";
import { layerInWords, layersInWords } from "../../../src/he-ml/model/layer-in-words.js";
import { defineModel, layerShapes, modelForward } from "../../../src/he-ml/model/model.js";
import { squareLayer } from "../../../src/he-ml/model/square.js";
import { unflattenLayer } from "../../../src/he-ml/model/unflatten.js";
import { planModel } from "../../../src/he-ml/planner/plan.js";
import { Program } from "../../../src/he-ml/program/program.js";
import { compile } from "../../../src/he-ml/program/compile.js";
import { typicalCosts } from "../../../src/he-ml/planner/search/costs.js";
import { tensor } from "../../../src/he-ml/tensor/tensor.js";
import { describeError, thrownBy } from "../support.js";

describe("unflatten", () => {
  const layer = unflattenLayer({ name: "image", shape: [1, 2, 3] });
  const conv = convolutionalLayer({ name: "conv", weights: tensor([1, 1, 1, 2], [1, -1]) });
  const model = defineModel({
    name: "m",
    inputShape: [6],
    layers: [layer, conv, squareLayer({ name: "square" })],
  });

  test("makes features an image, row by row", () => {
    expect(layerShapes(model)).toEqual([[6], [1, 2, 3], [1, 2, 2], [1, 2, 2]]);
    const outputs = modelForward(model, tensor([1, 6], [1, 2, 4, 8, 16, 32]));
    expect([...outputs[1].data]).toEqual([-1, -2, -8, -16]);
  });

  test("takes any shape of as many values", () => {
    const column = unflattenLayer({ shape: [3, 2] });
    const { shape, data } = modelForward(
      { name: "m", inputShape: [2, 3], layers: [column] },
      tensor([1, 2, 3], [0, 1, 2, 3, 4, 5]),
    )[0];
    expect([shape, [...data]]).toEqual([
      [1, 3, 2],
      [0, 1, 2, 3, 4, 5],
    ]);
  });

  test("has words", () => {
    expect(layerInWords(layer)).toBe("unflatten to 1×2×3");
    expect(layersInWords({ name: "m", inputShape: [6], layers: [layer] })).toBe("image to 1×2×3");
  });

  test("in front of a convolution costs no rotation more than the image itself", () => {
    const { layers } = model;
    const image = defineModel({ ...model, inputShape: [1, 2, 3], layers: layers.slice(1) });
    const options = { costs: typicalCosts };
    const rotations = (m: typeof model) => planModel(m, options).rotations.length;
    expect(rotations(model)).toBe(rotations(image));
  });

  test("is kept by a written program", async () => {
    const program = await compile(model, { packing: "batch" });
    const again = Program.fromJSON(JSON.parse(JSON.stringify(program)));
    expect(again.model.layers[0]).toEqual(layer);
  });

  test("refuses what is no shape, and another number of values", () => {
    for (const shape of [[], [0, 3], [1.5], "3" as never]) {
      const error = thrownBy(() => unflattenLayer({ shape }));
      expect(error).toBeInstanceOf(InputError);
      expect(describeError(error)).toMatch(/unflatten "unflatten": expected a shape such as/);
    }
    const error = thrownBy(() => defineModel({ name: "m", inputShape: [5], layers: [layer] }));
    expect(describeError(error)).toMatch(/unflatten "image": expected 6 values for 1×2×3, got 5/);
  });
});
