import { expect, test } from "@jest/globals";
import { measure } from "../../src/figures/measure-figure.js";
import type { FigureRun, Json, ResearchFigure } from "../../src/figures/research-figure.js";
import { tinyFigure } from "./tiny-figure.js";

const figureOf = (measured: (run: FigureRun) => Promise<Json>): ResearchFigure => ({
  ...(tinyFigure as unknown as ResearchFigure),
  measure: async (run) => ({ exact: null, measured: await measured(run) }),
});

test("the same seed gives the same exact data, and another seed other data", async () => {
  const [one, again, other] = [
    await measure(tinyFigure, { seed: 7 }),
    await measure(tinyFigure, { seed: 7 }),
    await measure(tinyFigure, { seed: 8 }),
  ];
  expect(JSON.stringify(again.exact)).toBe(JSON.stringify(one.exact));
  expect(other.exact).not.toEqual(one.exact);
  expect(again.measured).not.toEqual(one.measured);
});

test("what noise makes different has intervals that overlap", async () => {
  const runs = [await measure(tinyFigure, { repeats: 5 }), await measure(tinyFigure, { repeats: 5 })];
  const [one, other] = runs.map(({ measured }) => measured.rms);
  expect(one.values).toHaveLength(5);
  // An interval of 95 % misses one time in twenty: five times as wide, these two miss each other less than once in a million.
  const wide = ({ mean, confidence95 }: typeof one) => 5 * (confidence95[1] - mean);
  expect(Math.abs(one.mean - other.mean)).toBeLessThan(wide(one) + wide(other));
});

test("steps are told of, and repetitions have numbers", async () => {
  const steps: string[] = [];
  await measure(tinyFigure, { repeats: 3, onStep: (step) => steps.push(step) });
  expect(steps).toEqual(["squares", "error 1", "error 2", "error 3"]);
});

test("a smoke run repeats twice, another five times, unless told", async () => {
  const repeats = figureOf(({ repeats }) => Promise.resolve(repeats));
  expect((await measure(repeats, { quick: true })).measured).toBe(2);
  expect((await measure(repeats)).measured).toBe(5);
  expect((await measure(repeats, { quick: true, repeats: 3 })).measured).toBe(3);
});

test("numbers by lot are those of their name, whatever else was drawn", async () => {
  const draw = (...names: string[]) =>
    figureOf((run) => Promise.resolve(Object.fromEntries(names.map((name) => [name, run.random(name)()]))));
  const all = (await measure(draw("a", "b", "c"))).measured as Record<string, number>;
  expect((await measure(draw("c", "a"))).measured).toEqual({ c: all.c, a: all.a });
  expect(new Set(Object.values(all)).size).toBe(3);
});

test.each([
  [
    "NaN in what was measured",
    figureOf(() => Promise.resolve([1, { a: NaN }])),
    "measured[1].a: expected what JSON can hold, got NaN",
  ],
  [
    "infinity in a step",
    figureOf((run) => run.step("s", () => Promise.resolve(Infinity))),
    'step "s": expected what JSON can hold, got Infinity',
  ],
  [
    "a list of another kind",
    figureOf(() => Promise.resolve(new Float64Array(2) as unknown as Json)),
    "measured: expected what JSON can hold, got a Float64Array",
  ],
  [
    "two steps of a name",
    figureOf(async (run) => [
      await run.step("s", () => Promise.resolve(1)),
      await run.step("s", () => Promise.resolve(2)),
    ]),
    'tiny has two steps "s"',
  ],
])("%s fails", async (_, figure, message) => {
  await expect(measure(figure)).rejects.toThrow(`figures: ${message}`);
});

test.each([[{ seed: 0 }], [{ seed: 2 ** 31 - 1 }], [{ repeats: 0 }], [{ repeats: 1.5 }]])(
  "%j is refused",
  async (options) => {
    const [name] = Object.keys(options);
    await expect(measure(tinyFigure, options)).rejects.toThrow(
      `figures: ${name}: expected a whole number from 1 to`,
    );
  },
);

test("no step begins after the signal", async () => {
  const stop = new AbortController();
  const reason = new Error("stopped");
  const steps: string[] = [];
  const onStep = (step: string) => {
    steps.push(step);
    stop.abort(reason);
  };
  await expect(measure(tinyFigure, { signal: stop.signal, onStep })).rejects.toBe(reason);
  expect(steps).toEqual(["squares"]);
});
