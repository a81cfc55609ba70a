import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { createRequire } from "node:module";
import { inflateSync } from "node:zlib";
import { show, table } from "../../../src/notebook/display/index.js";
import type { DisplayMessage } from "../../../src/notebook/display/kernel-output.js";
import { digits } from "../../../src/viz/digits.js";
import { errorPerLayer } from "../../../src/viz/error-per-layer.js";
import { seededRandom } from "../../he-ml/support.js";
import { mnistSmall } from "../../viz/traces.js";

/** The module of the real tslab whose variable holds the running cell's writer. */
const tslab = createRequire(import.meta.url)("tslab/dist/jupyter.js") as {
  lastWriteDisplayData: ((message: DisplayMessage) => void) | null;
};

const figure = errorPerLayer(mnistSmall);
const figureTypes = ["application/vnd.plotly.v1+json", "image/png", "text/plain"];

function readPng(base64: unknown) {
  const bytes = Buffer.from(String(base64), "base64");
  const parts: Buffer[] = [];
  for (let at = 8; at < bytes.length; at += bytes.readUInt32BE(at) + 12) {
    if (bytes.toString("latin1", at + 4, at + 8) === "IDAT") {
      parts.push(bytes.subarray(at + 8, at + 8 + bytes.readUInt32BE(at)));
    }
  }
  return {
    signature: bytes.toString("latin1", 0, 8),
    width: bytes.readUInt32BE(16),
    height: bytes.readUInt32BE(20),
    distinct: new Set(inflateSync(Buffer.concat(parts))).size,
  };
}

describe("on tslab", () => {
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

  test("a table has HTML and text; other values text; pictures in a bundle become base64", async () => {
    await show(table([{ a: 1 }]));
    await show({ mine: [1, 2] });
    await show("plain words");
    await show({
      [Symbol.for("Jupyter.display")]: async () => ({ "image/png": new Uint8Array([1, 2, 3]) }),
    });
    expect(Object.keys(sent[0].data)).toEqual(["text/html", "text/plain"]);
    expect(sent.slice(1).map(({ data }) => data)).toEqual([
      { "text/plain": "{ mine: [ 1, 2 ] }" },
      { "text/plain": "plain words" },
      { "image/png": "AQID" },
    ]);
  });

  test("what cannot be drawn or sent is shown as Node prints it", async () => {
    await show({ [Symbol.for("Jupyter.display")]: () => ({ "application/json": { big: 1n } }) });
    await show({ data: [], layout: { title: 1n } });
    const types = sent.map(({ data }) => Object.keys(data));
    expect(types).toEqual([["text/plain"], ["text/plain"]]);
    expect(sent[1].data["text/plain"]).toBe("{ data: [], layout: { title: 1n } }");
  });

  test("a display method that fails is quoted, a wrong size is refused", async () => {
    await show({ [Symbol.for("Jupyter.display")]: () => Promise.reject(new Error("no picture")) });
    expect(sent[0].data["text/plain"]).toMatch("no picture");
    await expect(show(figure, { width: -1 })).rejects.toThrow(RangeError);
  });
});

test("outside a kernel the text is printed, and no picture is drawn", async () => {
  const log = jest.spyOn(console, "log").mockImplementation(() => undefined);
  await show(figure);
  await show(table([{ a: 1 }]));
  await show(12);
  const printed = log.mock.calls.map(([line]) => String(line));
  log.mockRestore();
  expect(printed).toEqual(["Figure: Error against the plain model", String(table([{ a: 1 }])), "12"]);
});
