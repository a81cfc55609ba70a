import { describe, expect, test } from "@jest/globals";
import { InputError } from "../../../src/he-ml/errors.js";
import { selectLayers } from "../../../src/he-ml/model/layer-range.js";
import { thrownBy } from "../support.js";

const layers = ["conv1", "act1", "pool1", "flat", "fc1"];

describe("selectLayers", () => {
  test.each([
    [[0, 1, 2, 3, 4], layers],
    [[0], ["conv1"]],
    [[4], ["fc1"]],
    [
      [1, 2, 3],
      ["act1", "pool1", "flat"],
    ],
  ])("%j selects these positions, both ends included", (positions, expected) => {
    expect(selectLayers(layers, positions)).toEqual(expected);
  });

  test.each([
    ["a gap", [0, 2]],
    ["a gap later on", [1, 2, 4]],
    ["a position twice", [1, 1]],
    ["descending positions", [3, 2, 1]],
    ["nothing", []],
    ["a position before the first", [-1, 0]],
    ["a position after the last", [4, 5]],
    ["only a position after the last", [5]],
    ["fractions", [0.5, 1.5]],
    ["NaN", [NaN]],
  ])("refuses %s and says what a range looks like", (_, positions) => {
    const error = thrownBy(() => selectLayers(layers, positions));
    expect(error).toEqual(
      new InputError(
        `layers: expected a contiguous range within 0–4, such as [0, 1, 2], got [${positions.join(", ")}]`,
      ),
    );
    expect(error).toBeInstanceOf(InputError);
  });
});
