import { describe, expect, test } from "@jest/globals";
import { InputError } from "../../../src/he-ml/errors.js";
import { polynomial } from "../../../src/he-ml/layers/functional/polynomial.js";
import { square } from "../../../src/he-ml/layers/functional/square.js";
import { ChainTooShortError } from "../../../src/he-ml/layers/rescaling.js";
import { polynomialLayer } from "../../../src/he-ml/model/polynomial.js";
import {
  classicParameters,
  lazyParameters,
  openClear,
  randomTensor,
  thrownBy,
  type Side,
} from "../support.js";
import { deepParameters, describePolynomials } from "./polynomial.js";

// Many more: see polynomial.slow.ts.
describePolynomials({ seed: 31, onTwin: 30, onSeal: 4 });

describe("what a polynomial costs", () => {
  const levelsOf = (side: Side, degree: number) => {
    const top = side.evaluator.parameters.levels;
    const c = Array.from({ length: degree + 1 }, (_, i) => 0.3 + i / 10);
    const { level } = polynomial(side.evaluator, { coefficients: c }).outputState(
      { level: top, scale: 2 ** 40 },
      [1],
    );
    return top - level;
  };

  test("is one level up to degree 2, and ⌈log2(d + 1)⌉ at most from there on", () => {
    const side = openClear(deepParameters);
    expect([1, 2, 3, 4, 5, 6, 7, 8, 15].map((degree) => levelsOf(side, degree))).toEqual([
      1, 1, 2, 2, 3, 3, 3, 4, 4,
    ]);
  });

  test("is one multiplication and one relinearization at degree 2, as of a square, and no rescale more", () => {
    const { evaluator, encrypt } = openClear(classicParameters);
    const input = encrypt(randomTensor([1, 1], 1), "batch");
    polynomial(evaluator, { coefficients: [0.1, 0.5, -0.25] })(input);
    expect(evaluator.operations).toMatchObject({ square: 1, multiply: 0, relinearize: 1, rescale: 1 });
  });

  test("x² alone stands where a square does", () => {
    const { evaluator } = openClear(lazyParameters);
    const at = { level: 3, scale: 2 ** 36 };
    expect(polynomial(evaluator, { coefficients: [0, 0, 1] }).outputState(at, [1])).toEqual(
      square(evaluator).outputState(at, [1]),
    );
  });
});

describe("refusals", () => {
  test("a chain that ends too early is named, with the layer", () => {
    const { evaluator } = openClear(classicParameters);
    const layer = polynomial(evaluator, {
      name: "act1",
      coefficients: Array.from({ length: 40 }, () => 1),
    });
    const error = thrownBy(() => layer.outputState({ level: 4, scale: 2 ** 40 }, [1]));
    expect(error).toBeInstanceOf(ChainTooShortError);
    expect((error as Error).message).toMatch(
      /^polynomial "act1": the chain \[60, 40, 40, 40 \| 60\] is too short/,
    );
  });

  test.each<[string, number[], RegExp]>([
    ["a constant", [1], /expected 2 to 64 finite coefficients \[c0, c1, …\], got 1: \[1\]/],
    ["none", [], /got 0/],
    ["a coefficient that is no number", [0, NaN], /got 2: \[0, NaN\]/],
    ["a degree beyond any chain", Array.from({ length: 65 }, () => 1), /got 65: \[1, .*, …\]/],
  ])("%s", (_, c, message) => {
    const error = thrownBy(() => polynomialLayer({ name: "act1", coefficients: c }));
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toMatch(message);
  });

  test("powers that do not occur are left out", () => {
    expect(polynomialLayer({ coefficients: [1, 2, 0, 0] }).coefficients).toEqual([1, 2]);
    expect(polynomialLayer({ coefficients: [3, 0, 0] }).coefficients).toEqual([3, 0]);
  });
});
