import { afterEach, beforeEach, expect, jest, test } from "@jest/globals";
import { show } from "../../../src/notebook/display/index.js";
import { isDiagram } from "../../../src/notebook/display/diagram-bundle.js";
import type { DisplayMessage } from "../../../src/notebook/display/kernel-output.js";
import { keySwitch } from "../../../src/viz/diagrams/key-switch.js";
import { code, display } from "../html/notebooks.js";
import { dangers, openPage } from "../html/page.js";
import { readPng, tslab } from "./tslab.js";

const diagram = keySwitch();
let sent: DisplayMessage[];
beforeEach(() => {
  sent = [];
  tslab.lastWriteDisplayData = (message) => sent.push(structuredClone(message));
});
afterEach(() => {
  tslab.lastWriteDisplayData = null;
});

test("a diagram is one message: SVG, a PNG of twice as many pixels, and its words", async () => {
  await show(diagram);
  const [{ data, metadata }] = sent;
  expect(Object.keys(data)).toEqual(["image/svg+xml", "image/png", "text/plain"]);
  expect(data["image/svg+xml"]).toBe(diagram.svg);
  const { width, height, distinct } = readPng(data["image/png"]);
  expect([width, height]).toEqual([2 * diagram.width, 2 * diagram.height]);
  expect(distinct).toBeGreaterThan(50);
  expect(metadata["image/svg+xml"]).toEqual({ width: diagram.width, height: diagram.height });
  expect(data["text/plain"]).toBe(`Diagram: ${diagram.title}. ${diagram.description}`);
});

test("on a page it is a picture that says what it shows, and has its own size", async () => {
  await show(diagram);
  const [{ data, metadata }] = sent;
  const { document } = await openPage([code("keySwitch()", [display(data, metadata)])]);
  const image = document.querySelector<HTMLImageElement>(".outputs img")!;
  const [type, base64] = image.getAttribute("src")!.split(",");
  expect(type).toBe("data:image/svg+xml;base64");
  expect(Buffer.from(base64, "base64").toString()).toBe(diagram.svg);
  expect(image.alt).toContain(diagram.description);
  expect([image.getAttribute("width"), image.getAttribute("height")]).toEqual(
    [diagram.width, diagram.height].map(String),
  );
  expect(dangers(document)).toEqual([]);
});

test("outside a kernel its words are printed", async () => {
  tslab.lastWriteDisplayData = null;
  const log = jest.spyOn(console, "log").mockImplementation(() => undefined);
  await show(diagram);
  expect(log.mock.calls).toEqual([[`Diagram: ${diagram.title}. ${diagram.description}`]]);
  log.mockRestore();
});

test("nothing else is taken for one", () => {
  expect(isDiagram(diagram)).toBe(true);
  for (const other of [null, { kind: "diagram" }, { kind: "layer", svg: "" }, diagram.svg]) {
    expect(isDiagram(other)).toBe(false);
  }
});
