import { expect, test } from "@jest/globals";
import type { BarData } from "plotly.js-dist-min";
import { figureText } from "../../src/notebook/display/figure-bundle.js";
import type { Figure } from "../../src/viz/figure.js";
import { renderSvg } from "../../src/viz/render.js";
import { serviceBytes } from "../../src/viz/service/service-bytes.js";
import { serviceTimings, type TimedRequest } from "../../src/viz/service/service-timings.js";
import { timed, travelling } from "./service.js";

const bars = ({ data }: Figure) => data as Partial<BarData>[];
const queued: TimedRequest = { label: "last", milliseconds: { ...timed.milliseconds, queue: 420 } };

test("timings: a bar a request, first on top, its stages in order", () => {
  const figure = serviceTimings([timed, queued]);
  expect(bars(figure).map(({ name }) => name)).toEqual([
    ...["encrypt", "upload", "queue", "evaluate", "download", "decrypt"],
  ]);
  expect(bars(figure)[2]).toMatchObject({ x: [0.01, 420], y: ["first", "last"], orientation: "h" });
  expect(figure.layout).toMatchObject({ barmode: "stack", yaxis: { autorange: "reversed" } });
  expect(figureText(figure)).toMatch(/^Figure: Where the time goes +last: 459 ms, queue 420 ms of it$/);
});

test("times are read with two digits, or all before the point", () => {
  const read = serviceTimings([timed, { label: "b", milliseconds: { ...timed.milliseconds, queue: 99.7 } }]);
  expect(bars(read).map(({ text }) => text)).toEqual([
    ["9 ms", "9 ms"],
    ["8.5 ms", "8.5 ms"],
    ["0.01 ms", "100 ms"],
    ["20 ms", "20 ms"],
    ["0.7 ms", "0.7 ms"],
    ["1 ms", "1 ms"],
  ]);
});

test("bytes: in megabytes, keys first", () => {
  const figure = serviceBytes([travelling]);
  expect(bars(figure).map(({ name, x }) => [name, x])).toEqual([
    ["keys, once", [10.4]],
    ["requests", [0.79]],
    ["answers", [0.13]],
  ]);
  expect(figureText(figure)).toMatch(/^Figure: What travels +one image: 11.32 MB, 10.40 MB keys, once$/);
});

test("both are plain JSON, and show labels as they are", async () => {
  for (const figure of [
    serviceTimings([{ ...timed, label: "a<b" }]),
    serviceBytes([{ ...travelling, label: "a<b" }]),
  ]) {
    expect(JSON.parse(JSON.stringify(figure))).toEqual(figure);
    expect(bars(figure)[0].y).toEqual(["a&lt;b"]);
    expect((await renderSvg(figure)).includes("NaN")).toBe(false);
  }
});

test.each<[string, unknown, RegExp]>([
  ["nothing", [], /^serviceTimings: expected at least one request, got none/],
  ["a number", [1], /^serviceTimings: expected /],
  ["no times", [{ label: "x" }], /^serviceTimings: expected a label, and encrypt, upload/],
  ["two of one label", [timed, timed], /^serviceTimings: expected a label of its own for each bar/],
  [
    "below 0",
    [{ ...timed, milliseconds: { ...timed.milliseconds, queue: -1 } }],
    /^serviceTimings: expected parts of first from 0 on/,
  ],
  [
    "no number",
    [{ ...timed, milliseconds: { ...timed.milliseconds, queue: NaN } }],
    /^serviceTimings: expected finite numbers as parts of first, got NaN at index 2/,
  ],
])("timings refuse %s", (_, requests, says) => {
  expect(() => serviceTimings(requests as TimedRequest[])).toThrow(says);
});
