import { describe, expect, test } from "@jest/globals";
import { InputError } from "../../src/he-ml/errors.js";
import type { BarData, ScatterData } from "plotly.js-dist-min";
import { accuracySteps } from "../../src/viz/accuracy-steps.js";
import { digits } from "../../src/viz/digits.js";
import { drawPlots } from "../../src/viz/draw-plots.js";
import { errorPerLayer } from "../../src/viz/error-per-layer.js";
import type { Figure } from "../../src/viz/figure.js";
import { linePlot } from "../../src/viz/line-plot.js";
import { scalePerLayer } from "../../src/viz/scale-per-layer.js";
import { timePerLayer } from "../../src/viz/time-per-layer.js";
import { digitImage } from "./digit-images.js";
import { lenet1, mnistSmall, tracesOf } from "./traces.js";

const names = ["conv1", "square1", "flatten", "fc1", "square2", "fc2"];
const twoRuns = [
  { label: "first", traces: mnistSmall },
  { label: "second", traces: mnistSmall },
];
const everyFigure: Readonly<Record<string, Figure>> = {
  errorPerLayer: errorPerLayer(twoRuns),
  scalePerLayer: scalePerLayer(mnistSmall),
  timePerLayer: timePerLayer(twoRuns),
  accuracySteps: accuracySteps({
    square: { before: 0.99, afterReplacing: 0.75, afterFineTuning: 0.985 },
    polynomial: { before: 0.99, afterReplacing: 0.8, afterFineTuning: 0.98 },
  }),
  digits: digits([digitImage(0, 1, 1), digitImage(3, 4, 9)]),
  linePlot: linePlot([{ name: "x²", x: [1, 2], y: [1, 4] }], {
    title: "A square",
    x: { title: "x" },
    y: { title: "x²", log: true },
  }),
};

const scatters = (figure: Figure) => figure.data as Partial<ScatterData>[];

describe.each(Object.entries(everyFigure))("%s", (_, figure) => {
  test("is plain JSON", () => {
    const withoutUndefined = JSON.parse(JSON.stringify(figure)) as Figure;
    expect(withoutUndefined).toEqual(figure);
  });

  test("has a title", () => {
    expect(figure.layout.title).toMatchObject({ text: expect.stringMatching(/\w/) });
  });
});

describe.each([
  ["errorPerLayer", errorPerLayer],
  ["scalePerLayer", scalePerLayer],
  ["timePerLayer", timePerLayer],
])("%s", (name, make) => {
  test("refuses a run without traces", () => {
    expect(() => make([])).toThrow(InputError);
    expect(() => make([])).toThrow(`${name}: expected at least one layer trace, got none`);
  });

  test("shows names as they are, not as markup", () => {
    const [trace] = mnistSmall;
    const json = JSON.stringify(make([{ ...trace, name: '<a href="https://a.test">x</a>' }]));
    expect(json).not.toContain("<a ");
    expect(json).toContain("&lt;a href=");
  });
});

describe("accuracySteps", () => {
  const square = { before: 0.99, afterReplacing: 0.75, afterFineTuning: 0.985 };

  test("draws wrong answers in percent, and says how many are right", () => {
    const { data, layout } = accuracySteps({ "a<b": square });
    const [bars] = data as Partial<BarData>[];
    (bars.y as number[]).forEach((value, i) => expect(value).toBeCloseTo([1, 25, 1.5][i], 9));
    expect(bars.x).toEqual(["before", "after replacing", "after fine-tuning"]);
    expect(bars.text).toEqual(["99.00 %<br>right", "75.00 %<br>right", "98.50 %<br>right"]);
    expect(bars.name).toBe("a&lt;b");
    expect(layout.showlegend).toBe(false);
    expect(layout.yaxis).toMatchObject({
      title: { text: "wrong answers on test images (%)" },
      rangemode: "tozero",
    });
  });

  test("sets conversions side by side, each with its own look", () => {
    const { data, layout } = accuracySteps({ square, polynomial: square });
    expect(new Set((data as Partial<BarData>[]).map(({ marker }) => marker!.color)).size).toBe(2);
    expect(layout.showlegend).toBe(true);
  });

  test("refuses none", () => {
    expect(() => accuracySteps({})).toThrow(InputError);
  });
});

describe("errorPerLayer", () => {
  test("has the layers in order, and units", () => {
    const { layout } = errorPerLayer(mnistSmall);
    expect(layout.xaxis).toMatchObject({ type: "category", categoryarray: names, title: { text: "layer" } });
    expect(layout.yaxis).toMatchObject({
      type: "log",
      title: { text: "absolute error<br>(unit of the values)" },
    });
  });

  test("shows maximum and mean of each run, each with its own look", () => {
    const series = scatters(errorPerLayer(twoRuns));
    expect(series.map(({ name }) => name)).toEqual([
      "first: maximum",
      "first: mean",
      "second: maximum",
      "second: mean",
    ]);
    expect(series[0].y).toEqual(mnistSmall.map(({ error }) => error!.maxAbs));
    expect(new Set(series.map(({ marker }) => marker!.symbol)).size).toBe(4);
    expect(new Set(series.map(({ line }) => `${String(line!.color)} ${line!.dash}`)).size).toBe(4);
  });

  test("leaves out layers without an error, and refuses traces without any", () => {
    const unmeasured = mnistSmall.map((trace) => ({ ...trace, error: undefined }));
    const [series] = scatters(errorPerLayer([mnistSmall[0], ...unmeasured.slice(1, 5), mnistSmall[5]]));
    expect(series.x).toEqual(["conv1", "fc2"]);
    expect(() => errorPerLayer(unmeasured)).toThrow("expected a trace with an error, got none");
  });

  test("joins no points across layers for which a run has no value", () => {
    const fused = mnistSmall
      .filter((_, i) => i === 1 || i === 4)
      .map((trace) => ({ ...trace, kind: "stage" }));
    const { data, layout } = errorPerLayer([
      { label: "layers", traces: mnistSmall },
      { label: "stages", traces: fused },
    ]);
    const stages = data[2] as Partial<ScatterData>;
    const [first, second] = fused.map(({ error }) => error!.maxAbs);
    expect(stages).toMatchObject({
      x: names,
      y: [null, first, null, null, second, null],
      connectgaps: false,
    });
    expect(layout.xaxis).toMatchObject({ title: { text: "layer" } });
  });

  test("puts a layer that only a later run has after the one it follows", () => {
    const { layout } = errorPerLayer([
      { label: "without", traces: mnistSmall.filter(({ name }) => name !== "flatten") },
      { label: "with", traces: mnistSmall },
    ]);
    expect(layout.xaxis!.categoryarray).toEqual(names);
  });

  test("draws lines from left to right although two networks differ in their order", () => {
    const figure = errorPerLayer([
      { label: "small", traces: mnistSmall },
      { label: "LeNet-1", traces: lenet1 },
    ]);
    const order = figure.layout.xaxis!.categoryarray as string[];
    for (const { x } of scatters(figure)) {
      const places = (x as string[]).map((name) => order.indexOf(name));
      expect(places).toEqual(places.toSorted((a, b) => a - b));
    }
  });

  test("draws errors of exactly 0 on a line of their own, a decade below the others", () => {
    const figure = errorPerLayer(
      tracesOf([60], 20, [
        { name: "flatten", after: [20, 1], maxAbs: 0 },
        { name: "fc", after: [20, 1], maxAbs: 0.5 },
      ]),
    );
    const [maximum, mean] = scatters(figure);
    expect(maximum.y).toEqual([0.01, 0.5]);
    expect(mean.y).toEqual([0.01, 0.1]);
    expect(maximum.customdata).toEqual(["exactly 0", "0.5"]);
    expect(figure.layout.annotations).toMatchObject([{ text: "exactly 0", y: -2 }]);
  });

  test.each([NaN, Infinity])("says where an error is %p, also after a trip through JSON", (maxAbs) => {
    const traces = tracesOf([60], 20, [
      { name: "1", after: [20, 1], maxAbs: 0.5 },
      { name: "0", after: [20, 1], maxAbs },
    ]);
    for (const each of [traces, JSON.parse(JSON.stringify(traces)) as typeof traces]) {
      const figure = errorPerLayer(each);
      expect(scatters(figure)[0].y).toEqual([0.5, null]);
      expect(figure.layout.annotations).toMatchObject([{ text: "not finite", x: 1 }]);
    }
  });

  test("keeps two layers of one name apart", () => {
    const [trace] = mnistSmall;
    expect(errorPerLayer([trace, trace]).layout.xaxis!.categoryarray).toEqual(["conv1", "conv1 (2)"]);
  });
});

describe("scalePerLayer", () => {
  const figure = scalePerLayer(mnistSmall);
  const named = (name: string) => scatters(figure).find((series) => series.name === name)!;

  test("has the layers in order, and units", () => {
    expect(figure.layout.xaxis).toMatchObject({ ticktext: names, tickvals: [0, 1, 2, 3, 4, 5] });
    expect(figure.layout.yaxis).toMatchObject({ title: { text: "size (bits)" } });
    expect(figure.layout.yaxis2).toMatchObject({ title: { text: "level (primes)" } });
  });

  test("follows the scale from input to output, with its peak before a rescale", () => {
    expect(named("scale").y).toEqual([20, 36, 36, 72, 24, 24, 24, 24, 40, 40, 80, 20, 20, 36]);
    expect(named("scale before rescaling").y).toEqual([72, 80]);
  });

  test("shows the modulus and the level as steps", () => {
    expect(named("modulus left").y).toEqual([158, 158, 158, 110, 110, 110, 110, 110, 110, 50, 50, 50]);
    expect(named("level: primes left").y).toEqual([3, 3, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1]);
    expect(named("level: primes left").line!.shape).toBe("hv");
  });

  test("gives each series a shape and a colour of its own", () => {
    const markers = scatters(figure).filter(({ name }) => !name!.startsWith("headroom"));
    expect(new Set(markers.map(({ marker }) => marker!.symbol)).size).toBe(4);
    expect(new Set(markers.map(({ marker }) => marker!.color)).size).toBe(4);
  });

  test("has no peak where nothing is rescaled, or primes are dropped without", () => {
    const traces = tracesOf([60, 40, 40], 40, [
      { name: "fc1", after: [60, 3] },
      { name: "drop", after: [60, 2] },
      { name: "fc2", after: [40, 0], ops: { rescale: 1 } },
    ]);
    expect(scatters(scalePerLayer(traces)).map(({ name }) => name)).not.toContain("scale before rescaling");
  });
});

describe("timePerLayer", () => {
  test("has the layers in order, units, and operation counts to point at", () => {
    const { data, layout } = timePerLayer(mnistSmall);
    const [bars] = data as Partial<BarData>[];
    expect(layout.xaxis!.categoryarray).toEqual(names);
    expect(layout.yaxis).toMatchObject({ title: { text: "time (ms)" } });
    expect(bars).toMatchObject({ x: names, y: mnistSmall.map(({ milliseconds }) => milliseconds) });
    expect((bars.customdata as string[]).slice(1, 3)).toEqual([
      "256 squares<br>256 relinearizations<br>256 rescales",
      "no homomorphic operation",
    ]);
  });

  test("tells runs apart by colour and by pattern", () => {
    const bars = timePerLayer(twoRuns).data as Partial<BarData>[];
    expect(new Set(bars.map(({ marker }) => marker!.color)).size).toBe(2);
    expect(new Set(bars.map(({ marker }) => marker!.pattern!.shape)).size).toBe(2);
  });

  test("says for how many images the times are", () => {
    expect(timePerLayer(mnistSmall).layout.title).toMatchObject({ text: "Time per layer, 100 images" });
  });
});

describe("a run of stages", () => {
  const stages = mnistSmall.map((trace) => ({ ...trace, kind: "stage" }));

  test.each([
    ["Scale, modulus and level per stage", scalePerLayer(stages)],
    ["Time per stage, 100 images", timePerLayer(stages)],
    ["Error against the plain model", errorPerLayer(stages)],
  ])("is called so: %s", (text, { layout }) => {
    expect(layout.title).toMatchObject({ text });
    expect(layout.xaxis).toMatchObject({ title: { text: "stage" } });
  });
});

test("the script that draws is one that a browser can read", () => {
  expect(() => new Function(drawPlots)).not.toThrow();
});

describe("digits", () => {
  const { layout } = digits([digitImage(0, 1, 1), digitImage(3, 4, 9), digitImage(4, 7)]);

  test("counts and names the predictions", () => {
    expect(layout.title).toMatchObject({ text: "Predicted digits: 1 of 2 right" });
    expect(layout.annotations!.map(({ text }) => text)).toEqual(["✓ 1", "✗ 4<br>true 9", "7"]);
  });

  test("calls classes by their names where they have some", () => {
    const named = digits([digitImage(0, 1, 1), digitImage(3, 0, 1)], {
      classNames: ["T-shirt/top", "<b>Bag"],
    });
    expect(named.layout.title).toMatchObject({ text: "Predictions: 1 of 2 right" });
    expect(named.layout.annotations!.map(({ text }) => text)).toEqual([
      "✓ &lt;b&gt;Bag",
      "✗ T-shirt/top<br>true &lt;b&gt;Bag",
    ]);
  });

  test("marks a wrong one by its frame", () => {
    expect(layout.shapes!.map(({ line }) => line!.dash)).toEqual(["solid", "dash", "solid"]);
  });

  test("holds each image as a PNG", () => {
    expect(layout.images).toHaveLength(3);
    for (const { source } of layout.images!) expect(source).toMatch(/^data:image\/png;base64,iVBORw0KGgo/);
  });

  test("breaks the grid into rows", () => {
    const figure = digits(
      Array.from({ length: 7 }, (_, seed) => digitImage(seed, seed)),
      { columns: 3 },
    );
    expect(new Set(figure.layout.images!.map(({ y }) => y)).size).toBe(3);
  });

  test("refuses what is no 28×28 image", () => {
    expect(() => digits([])).toThrow("digits: expected at least one image, got none");
    expect(() => digits([{ pixels: [1, 2], predicted: 0 }])).toThrow(
      "image 0: expected 28×28 = 784 values, got 2",
    );
    expect(() => digits([{ pixels: new Array(784).fill(NaN), predicted: 0 }])).toThrow("value 0 is NaN");
    expect(() => digits([digitImage(0, 1)], { columns: 0 })).toThrow("whole number of columns");
  });
});
