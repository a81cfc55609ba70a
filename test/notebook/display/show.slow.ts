import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { show } from "../../../src/notebook/display/index.js";
import type { DisplayMessage } from "../../../src/notebook/display/kernel-output.js";
import { digits } from "../../../src/viz/digits.js";
import { errorPerLayer } from "../../../src/viz/error-per-layer.js";
import { withSlider } from "../../../src/viz/slider.js";
import { seededRandom } from "../../he-ml/support.js";
import { mnistSmall } from "../../viz/traces.js";
import { readPng, tslab } from "./tslab.js";

const figure = errorPerLayer(mnistSmall);
const figureTypes = ["application/vnd.plotly.v1+json", "image/png", "text/plain"];

let sent: DisplayMessage[];
beforeEach(() => {
  sent = [];
  tslab.lastWriteDisplayData = (message) => sent.push(structuredClone(message));
});
afterEach(() => {
  tslab.lastWriteDisplayData = null;
});

test("a figure is one message: plotly's JSON, a PNG and a line of text, and no HTML", async () => {
  await show(figure);
  expect(sent).toHaveLength(1);
  const [{ data, metadata }] = sent;
  expect(Object.keys(data).sort()).toEqual(figureTypes);
  expect(data["application/vnd.plotly.v1+json"]).toEqual(
    structuredClone({ data: figure.data, layout: figure.layout, config: { responsive: true } }),
  );
  expect(data["text/plain"]).toBe("Figure: Error against the plain model");
  const png = readPng(data["image/png"]);
  expect(png).toMatchObject({ signature: "\x89PNG\r\n\x1a\n", width: 700, height: 450 });
  expect(png.distinct).toBeGreaterThan(10);
  expect(metadata).toEqual({ "image/png": { width: 700, height: 450 } });
  expect(JSON.stringify(data).length).toBeLessThan(120_000);
});

test("an animation's frames and a slider's steps are kept", async () => {
  const frames = [{ name: "later", data: [{ y: [2] }] }];
  const slid = withSlider("n:", [
    { label: "1", figure: { data: [{ y: [1] }], layout: {} } },
    { label: "2", figure: { data: [{ y: [2] }], layout: {} } },
  ]);
  await show({ ...slid, frames });
  expect(sent[0].data["application/vnd.plotly.v1+json"]).toMatchObject({ frames, layout: slid.layout });
});

test("a figure that would make the notebook large gets a coarser picture; a size asked for is kept", async () => {
  const random = seededRandom(1);
  const image = () => ({ pixels: Array.from({ length: 784 }, random), predicted: 1 });
  const noisy = digits(Array.from({ length: 5 }, image));
  await show(noisy);
  await show(noisy, { width: 350, scale: 2 });
  const [coarse, asked] = sent.map(({ data }) => readPng(data["image/png"]).width);
  expect(coarse).toBe(700);
  expect(asked).toBe(700);
  expect(sent[1].data["application/vnd.plotly.v1+json"]).toMatchObject({ layout: { width: 350 } });
});

test("the message goes to the cell that asked, however long the drawing takes", async () => {
  const drawing = show(figure);
  const later: DisplayMessage[] = [];
  tslab.lastWriteDisplayData = (message) => later.push(message);
  await drawing;
  expect([sent.length, later.length]).toEqual([1, 0]);
});

test("a figure that cannot be drawn is shown as Node prints it", async () => {
  await show({ data: [], layout: { title: 1n } });
  expect(sent.map(({ data }) => data)).toEqual([{ "text/plain": "{ data: [], layout: { title: 1n } }" }]);
});
