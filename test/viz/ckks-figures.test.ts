import { describe, expect, test } from "@jest/globals";
import type { BarData, ScatterData } from "plotly.js-dist-min";
import { readFileSync } from "node:fs";
import { maxCoeffModulusBits, maxCoeffModulusBits2024 } from "../../src/he-ml/crypto/security-tables.js";
import { InputError } from "../../src/he-ml/errors.js";
import { fontFiles } from "../../src/viz/assets.js";
import { babyGiantSteps } from "../../src/viz/ckks/baby-giant-steps.js";
import { activationFits } from "../../src/viz/ckks/activation-fits.js";
import { encodingError } from "../../src/viz/ckks/encoding-error.js";
import { noiseHistogram } from "../../src/viz/ckks/noise-histogram.js";
import { polynomialBars } from "../../src/viz/ckks/polynomial-bars.js";
import { rootsOfUnity } from "../../src/viz/ckks/roots-of-unity.js";
import { scaleAndModulus } from "../../src/viz/ckks/scale-and-modulus.js";
import { securityLimits } from "../../src/viz/ckks/security-limits.js";
import type { Figure } from "../../src/viz/figure.js";
import { readFontMetrics } from "../../src/viz/font-metrics.js";
import {
  babyGiantSweep,
  encodingSweeps,
  fitSteps,
  noiseSteps,
  polynomialSteps,
  roots,
  scaleSteps,
  securityPoints,
  tanh,
} from "./ckks-data.js";
import { moved, sliderOf } from "./slider.js";

const bars = ({ data }: Figure) => data as Partial<BarData>[];
const scatters = ({ data }: Figure) => data as Partial<ScatterData>[];
const titleOf = ({ layout }: Figure) => (layout.title as { text: string }).text;
/** The lines of a title without markup. */
const saysOf = (figure: Figure) =>
  titleOf(figure)
    .split("<br>")
    .map((line) => line.replaceAll(/<[^>]*>/g, ""));

const everyFigure: Readonly<Record<string, Figure>> = {
  babyGiantSteps: babyGiantSteps(babyGiantSweep),
  activationFits: activationFits(tanh, fitSteps),
  encodingError: encodingError(encodingSweeps),
  noiseHistogram: noiseHistogram(noiseSteps),
  polynomialBars: polynomialBars(97, polynomialSteps),
  rootsOfUnity: rootsOfUnity(roots),
  scaleAndModulus: scaleAndModulus(scaleSteps),
  securityLimits: securityLimits(securityPoints),
};

describe.each(Object.entries(everyFigure))("%s", (_, figure) => {
  const places = figure.layout.sliders
    ? sliderOf(figure).steps!.map((_, step) => moved(figure, step))
    : [figure];

  test("is plain JSON", () => {
    expect(JSON.parse(JSON.stringify(figure))).toEqual(figure);
  });

  test("says nothing, at no place of its slider, that a telephone would cut", () => {
    const { width } = readFontMetrics(readFileSync(fontFiles().regular));
    // A page of 390 px leaves a figure 342, and the title begins after 24.
    for (const place of places) {
      saysOf(place).forEach((line, index) =>
        expect(width(line) * (index === 0 ? 16 : 13)).toBeLessThan(342 - 24),
      );
    }
  });

  test("makes room for its title", () => {
    const lines = titleOf(figure).split("<br>").length;
    expect((figure.layout.margin as { t: number }).t).toBeGreaterThanOrEqual(18 + 21 * lines);
  });
});

describe("babyGiantSteps", () => {
  test("colours each weight by the giant step of its diagonal, and writes its baby step into it", () => {
    const [cells] = bars(moved(babyGiantSteps(babyGiantSweep), 2));
    const { color } = cells.marker as { color: number[] };
    const at = (row: number, column: number) => 16 * row + column;
    expect([color[at(0, 0)], (cells.text as string[])[at(0, 0)]]).toEqual([0, "0"]);
    // Row 15 reads column 1 by the step 2, and column 9 by the step 10.
    expect([color[at(15, 1)], (cells.text as string[])[at(15, 1)]]).toEqual([0, "2"]);
    expect([color[at(15, 9)], (cells.text as string[])[at(15, 9)]]).toEqual([8, "2"]);
    expect((cells.customdata as string[])[at(15, 9)]).toBe("8 + 2");
    expect(new Set(color)).toEqual(new Set([0, 4, 8, 12]));
  });

  test("counts rotations, of which step 0 is none, and says what each baby size takes", () => {
    const figure = babyGiantSteps(babyGiantSweep);
    const [, babies, giants, ms] = bars(figure);
    expect(babies.y).toEqual([0, 2, 3, 15]);
    expect(giants.y).toEqual([15, 5, 3, 0]);
    expect(ms.y).toEqual([15, 7.5, 6, 12]);
    expect([0, 1, 2, 3].map((step) => saysOf(moved(figure, step))[2])).toEqual([
      "0 + 15 = 15 rotations, 15.0 ms",
      "2 + 5 = 7 rotations, 7.5 ms",
      "3 + 3 = 6 rotations, 6.0 ms",
      "15 + 0 = 15 rotations, 12.0 ms",
    ]);
  });

  test.each([
    [{ size: 17, steps: babyGiantSweep.steps }, /expected a size from 2 to 16, got 17/],
    [{ size: 4, steps: [{ babySize: 5, milliseconds: 1 }] }, /expected baby sizes from 1 to 4, got 5/],
    [{ size: 4, steps: [{ babySize: 2, milliseconds: NaN }] }, /expected finite numbers as milliseconds/],
  ])("refuses what cannot be drawn", (sweep, says) => {
    expect(() => babyGiantSteps(sweep)).toThrow(says);
    expect(() => babyGiantSteps(sweep)).toThrow(InputError);
  });
});

describe("encodingError", () => {
  test("draws coefficients before and after, what rounding adds, and each slot's error", () => {
    const [{ steps }] = encodingSweeps;
    const [before, after, rounding, error] = bars(encodingError(encodingSweeps, 2));
    const { coefficients, rounded, slotErrors } = steps[2];
    expect(before.y).toEqual(coefficients);
    expect(after.y).toEqual(rounded);
    expect(rounding.y).toEqual(coefficients.map((value) => Math.round(value) - value));
    expect(error.y).toEqual(slotErrors);
    expect(error.name).toBe(`error: at most ${Math.max(...slotErrors).toPrecision(2)}`);
  });

  test("keeps the axis of errors still, so that errors fall as the scale rises", () => {
    const figure = encodingError(encodingSweeps);
    const { args } = sliderOf(figure).steps![7];
    expect(Object.keys(args![1] as object)).toEqual(["title.text"]);
    const largest = [0, 7].map((step) => Math.max(...(bars(moved(figure, step))[3].y as number[])));
    expect(largest[1]).toBeLessThan(largest[0] / 1000);
    const [least, most] = (figure.layout.yaxis3 as { range: number[] }).range;
    const all = encodingSweeps.flatMap(({ steps }) => steps.flatMap(({ slotErrors }) => slotErrors));
    expect(10 ** least).toBeLessThan(Math.min(...all.filter((value) => value > 0)));
    expect(10 ** most).toBeGreaterThanOrEqual(Math.max(...all));
  });

  test("has a menu of values where there are several, which shows one sweep's series", () => {
    const { layout } = encodingError(encodingSweeps);
    const { buttons } = (layout.updatemenus as { buttons: { label: string; args: unknown[] }[] }[])[0];
    expect(buttons.map(({ label }) => label)).toEqual(["1, 2, … 8", "one slot only"]);
    expect(buttons[1].args).toEqual([{ visible: [...Array(4).fill(false), ...Array(4).fill(true)] }]);
    expect(encodingError(encodingSweeps.slice(0, 1)).layout).not.toHaveProperty("updatemenus");
  });

  test("takes coefficients as bigints", () => {
    const [{ values, steps }] = encodingSweeps;
    const exact = steps.map((step) => ({ ...step, rounded: step.rounded.map(BigInt) }));
    expect(encodingError([{ values, steps: exact }])).toEqual(encodingError([{ values, steps }]));
  });

  test("draws an encoding without any error", () => {
    const step = { scaleBits: 4, coefficients: [16, 0, 0, 0], rounded: [16, 0, 0, 0], slotErrors: [0, 0] };
    expect(encodingError([{ values: "ones", steps: [step] }]).layout.yaxis3).toMatchObject({
      range: [-1, 0],
    });
  });

  test("refuses nothing, other scales, and lists of a wrong length", () => {
    const [sweep, other] = encodingSweeps;
    const [step] = sweep.steps;
    const withStep = (change: object) => () => encodingError([{ ...sweep, steps: [{ ...step, ...change }] }]);
    expect(() => encodingError([])).toThrow("encodingError: expected at least one sweep, got none");
    expect(() => encodingError([{ values: "a", steps: [] }])).toThrow("expected at least one step");
    expect(() => encodingError([sweep, { ...other, steps: other.steps.slice(1) }])).toThrow(InputError);
    expect(() => encodingError([sweep, { ...other, steps: other.steps.toReversed() }])).toThrow(
      "scaleBits 0",
    );
    expect(withStep({ slotErrors: [1] })).toThrow('expected 8 values as slot errors of "1, 2, … 8", got 1');
    expect(withStep({ rounded: step.rounded.slice(1) })).toThrow(
      "expected 16 values as rounded coefficients",
    );
    expect(withStep({ slotErrors: [...step.slotErrors.slice(1), NaN] })).toThrow("got NaN at index 7");
  });
});

describe("noiseHistogram", () => {
  test("says that the key's linear system is solvable at σ = 0, and draws one bar", () => {
    const figure = noiseHistogram(noiseSteps);
    expect(saysOf(figure).slice(1).join(" ")).toBe(
      "b = −a·s: the key's linear system solvable at σ = 0: it gives the key",
    );
    const [drawn, density] = bars(figure);
    expect((drawn.y as number[]).filter((share) => share > 0)).toEqual([1]);
    expect(new Set(density.y as null[])).toEqual(new Set([null]));
  });

  test("draws shares that add up to 1, and the density of the noise's own σ", () => {
    const [drawn, density] = bars(noiseHistogram(noiseSteps, 4));
    const sum = (drawn.y as number[]).reduce((total, share) => total + share, 0);
    expect(sum).toBeCloseTo(1, 12);
    expect(Math.max(...(density.y as number[]))).toBeCloseTo(1 / (3.2 * Math.sqrt(2 * Math.PI)), 4);
  });

  test.each([
    [0, false, "singular here: draw another a"],
    [0.1, true, "solving without e still gives the key"],
    [3.2, false, "solving without e does not give the key"],
  ])("σ = %p, key found: %p", (sigma, keyFound, says) => {
    expect(saysOf(noiseHistogram([{ sigma, noise: [0n, 1n], keyFound }])).at(-1)).toBe(says);
  });

  test("refuses no steps, no noise, and a σ below 0", () => {
    expect(() => noiseHistogram([])).toThrow(InputError);
    expect(() => noiseHistogram([{ sigma: 1, noise: [], keyFound: false }])).toThrow("got none");
    expect(() => noiseHistogram([{ sigma: -1, noise: [0], keyFound: false }])).toThrow("σ of at least 0");
    expect(() => noiseHistogram([{ sigma: 1, noise: [NaN], keyFound: false }])).toThrow("got NaN at index 0");
  });
});

describe("scaleAndModulus", () => {
  test("draws both curves up to where the slider stands, and the room between", () => {
    const [scale, modulus, room] = scatters(scaleAndModulus(scaleSteps, 2));
    expect(scale.y).toEqual([30, 60, 30, null, null, null, null]);
    expect(modulus.y).toEqual([100, 100, 70, null, null, null, null]);
    expect(room).toMatchObject({ name: "room left", x: [2, 2], y: [30, 70] });
    expect(saysOf(scaleAndModulus(scaleSteps, 2)).slice(1)).toEqual([
      "3: rescale",
      "room: 40 bits, for |values| below 2^39",
    ]);
  });

  test("says where the scale passes the modulus", () => {
    const figure = scaleAndModulus(scaleSteps);
    expect(saysOf(figure).at(-1)).toBe("scale out of bounds: 2^90 ≥ 2^70");
    expect(scatters(figure)[2].name).toBe("out of bounds");
    const reached = [{ operation: "multiply", scaleBits: 60, modulusBits: 60 }];
    expect(saysOf(scaleAndModulus(reached)).at(-1)).toBe("scale out of bounds: 2^60 ≥ 2^60");
  });

  test("shows operations as text, not as markup; refuses none, and what is no number", () => {
    const [step] = scaleSteps;
    expect(JSON.stringify(scaleAndModulus([{ ...step, operation: "<a>" }]))).not.toContain("<a>");
    expect(() => scaleAndModulus([])).toThrow("scaleAndModulus: expected at least one operation, got none");
    expect(() => scaleAndModulus([{ ...step, scaleBits: NaN }])).toThrow(InputError);
  });
});

describe("securityLimits", () => {
  test("draws both tables as they stand in the library", () => {
    const [standard, guidelines] = scatters(securityLimits(securityPoints));
    expect(standard.x).toEqual([10, 11, 12, 13, 14, 15]);
    expect(standard.y).toEqual(Object.values(maxCoeffModulusBits));
    expect(guidelines.y).toEqual(Object.values(maxCoeffModulusBits2024));
  });

  test("the later table is the stricter at every N that both have", () => {
    for (const [N, bits] of Object.entries(maxCoeffModulusBits)) {
      expect(maxCoeffModulusBits2024[Number(N)]).toBeLessThan(bits);
    }
  });

  test.each([
    [8192, 214, "2018 (≤ 218): inside · 2024 (≤ 214): inside"],
    [8192, 218, "2018 (≤ 218): inside · 2024 (≤ 214): outside"],
    [8192, 219, "2018 (≤ 218): outside · 2024 (≤ 214): outside"],
    [65536, 1500, "2018: no such N · 2024 (≤ 1747): inside"],
    [64, 60, "2018: no such N · 2024: no such N"],
  ])("N = %p with %p bits: %s", (polyModulusDegree, modulusBits, says) => {
    const figure = securityLimits([{ polyModulusDegree, modulusBits }]);
    expect(saysOf(figure).slice(1)).toEqual([`N = ${polyModulusDegree}, log2 Q = ${modulusBits}`, says]);
  });

  test("shows all that there is at one N in the close-up", () => {
    for (const point of securityPoints) {
      const figure = securityLimits([point]);
      const [least, most] = (figure.layout.xaxis2 as { range: number[] }).range;
      const shown = scatters(figure)
        .slice(3)
        .flatMap(({ x }) => x as number[]);
      expect(shown).toContain(point.modulusBits);
      for (const bits of shown) expect(bits > least && bits < most).toBe(true);
    }
  });

  test.each([
    [8000, 200],
    [0, 200],
    [8192, 0],
    [8192, Infinity],
  ])("refuses N = %p with %p bits", (polyModulusDegree, modulusBits) => {
    expect(() => securityLimits([{ polyModulusDegree, modulusBits }])).toThrow(InputError);
  });
});

describe("polynomialBars", () => {
  test("draws each coefficient as the nearest to 0 that it is congruent to", () => {
    const [before, after] = bars(polynomialBars(97, polynomialSteps, 1));
    expect(before.y).toEqual([1, 2, -3, 40, 5, 6, 7, 8]);
    expect(after.y).toEqual([3, 6, -9, 23, 15, 18, 21, 24]);
    expect(after.text).toEqual(["3", "6", "−9", "23", "15", "18", "21", "24"]);
    const even = [{ operation: "none", before: [50n, -50n, 49n], after: [150, 51, -51] }];
    expect(bars(polynomialBars(100n, even)).map(({ y }) => y)).toEqual([
      [50, 50, 49],
      [50, -49, 49],
    ]);
  });

  test("leaves the numbers out where they would collide", () => {
    const long = Array.from({ length: 32 }, (_, index) => index);
    const [{ text }] = bars(polynomialBars(97, [{ operation: "none", before: long, after: long }]));
    expect(text).toBeUndefined();
  });

  test("refuses a modulus below 2, fractions, and polynomials of two lengths", () => {
    const [step] = polynomialSteps;
    expect(() => polynomialBars(1, polynomialSteps)).toThrow("expected a modulus of at least 2, got 1");
    expect(() => polynomialBars(97.5, polynomialSteps)).toThrow("expected an integer as modulus, got 97.5");
    expect(() => polynomialBars(97, [{ ...step, before: [0.5, ...step.before.slice(1)] }])).toThrow(
      InputError,
    );
    expect(() => polynomialBars(97, [{ ...step, after: [1] }])).toThrow("expected 8 values");
    expect(() => polynomialBars(97, [])).toThrow("expected at least one operation");
  });
});

describe("rootsOfUnity", () => {
  test("puts each slot at the power that is given, and its conjugate below or above", () => {
    const [slots, conjugates] = scatters(
      rootsOfUnity({ polyModulusDegree: 8, slotExponents: [1, 3, 9, 11] }),
    );
    const [x, y] = [slots.x as number[], slots.y as number[]];
    expect(x.map((re, slot) => Math.hypot(re, y[slot]))).toEqual(
      [1, 1, 1, 1].map((one) => expect.closeTo(one, 12)),
    );
    expect([x[2], y[2]]).toEqual([
      expect.closeTo(-Math.cos(Math.PI / 8), 12),
      expect.closeTo(-Math.sin(Math.PI / 8), 12),
    ]);
    expect(conjugates.x).toEqual(x.map((re) => expect.closeTo(re, 12)));
    expect(conjugates.y).toEqual(y.map((im) => expect.closeTo(-im, 12)));
    expect(slots.text).toEqual(["0", "1", "2", "3"]);
    expect(conjugates.text).toEqual(["0", "1", "2", "3"]);
  });

  test.each([
    [7, [1, 3, 5]],
    [32, Array.from({ length: 16 }, (_, slot) => 2 * slot + 1)],
    [8, [1, 3, 9]],
    [8, [1, 3, 9, 9]],
    [8, [1, 3, 9, 15]],
    [8, [1, 2, 9, 11]],
    [8, [1, 3, 9, 27]],
  ])("refuses N = %p with slots at %p", (polyModulusDegree, slotExponents) => {
    expect(() => rootsOfUnity({ polyModulusDegree, slotExponents })).toThrow(InputError);
  });
});
