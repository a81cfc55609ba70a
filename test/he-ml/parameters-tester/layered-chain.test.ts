import { describe, expect, test } from "@jest/globals";
import { defineModel } from "../../../src/he-ml/model/model.js";
import { linearLayer } from "../../../src/he-ml/model/linear.js";
import { polynomialLayer } from "../../../src/he-ml/model/polynomial.js";
import { squareLayer } from "../../../src/he-ml/model/square.js";
import { layeredChain } from "../../../src/he-ml/parameters-tester/layered-chain.js";
import { layerStates } from "../../../src/he-ml/program/chain.js";
import { smallModel } from "../layers/small-model.js";
import { randomTensor } from "../support.js";

const dense = (name: string, seed: number) => linearLayer({ name, weights: randomTensor([4, 4], seed) });
const scales = { scaleBits: 20, weightScaleBits: 16 };

describe("the shortest chain for scales, layer by layer", () => {
  test("is that of the example: a prime for the square, and a base that holds scale and values at the end", () => {
    const layers = [dense("a", 1), squareLayer({ name: "s" }), dense("b", 2)];
    const model = defineModel({ name: "m", inputShape: [4], layers });
    const ranges = [{ name: "b", min: -1024, max: 1000 }];
    expect(layeredChain(model, ranges, scales, {}, 60)).toMatchObject({
      polyModulusDegree: 8192,
      coeffModulusBits: [48, 52, 52],
      ...scales,
    });
    expect(layeredChain(model, ranges, scales, {}, 50)!.coeffModulusBits).toEqual([48, 26, 26, 48]);
  });

  test("brings the scale down to the input's behind every square, and is carried", () => {
    const parameters = layeredChain(smallModel, [], scales, {}, 60)!;
    const states = layerStates({ model: smallModel, parameters, layers: [0, 1, 2, 3, 4] }, {});
    expect(Math.log2(states[2].scale)).toBeCloseTo(20, 3);
    expect(states.at(-1)!.level).toBe(1);
  });

  test("goes to a larger ring for more security", () => {
    const degrees = ([128, 192, 256] as const).map(
      (security) =>
        layeredChain(smallModel, [], { scaleBits: 22, weightScaleBits: 14 }, { security }, 60)!
          .polyModulusDegree,
    );
    expect(degrees).toEqual([8192, 8192, 16384]);
  });

  test("is none for polynomials, and where nothing is so long", () => {
    const polynomial = polynomialLayer({ name: "p", coefficients: [0, 1, 0, 1] });
    const curved = defineModel({ name: "c", inputShape: [4], layers: [dense("a", 1), polynomial] });
    expect(layeredChain(curved, [], scales, {}, 60)).toBeUndefined();
    const squares = Array.from({ length: 30 }, (_, i) => [dense(`d${i}`, i), squareLayer({ name: `s${i}` })]);
    const deep = defineModel({ name: "deep", inputShape: [4], layers: squares.flat() });
    expect(layeredChain(deep, [], scales, {}, 60)).toBeUndefined();
  });
});
