import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { InputError } from "../../../src/he-ml/errors.js";
import { show, table } from "../../../src/notebook/display/index.js";
import type { DisplayMessage } from "../../../src/notebook/display/kernel-output.js";
import { errorPerLayer } from "../../../src/viz/error-per-layer.js";
import { mnistSmall } from "../../viz/traces.js";
import { tslab } from "./tslab.js";

const figure = errorPerLayer(mnistSmall);
// Figures: see show.slow.ts.
describe("on tslab", () => {
  let sent: DisplayMessage[];
  beforeEach(() => {
    sent = [];
    tslab.lastWriteDisplayData = (message) => sent.push(structuredClone(message));
  });
  afterEach(() => {
    tslab.lastWriteDisplayData = null;
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

  test("what cannot be sent is shown as Node prints it", async () => {
    await show({ [Symbol.for("Jupyter.display")]: () => ({ "application/json": { big: 1n } }) });
    expect(sent.map(({ data }) => Object.keys(data))).toEqual([["text/plain"]]);
  });

  test("a display method that fails is quoted, a wrong size is refused", async () => {
    await show({ [Symbol.for("Jupyter.display")]: () => Promise.reject(new Error("no picture")) });
    expect(sent[0].data["text/plain"]).toMatch("no picture");
    await expect(show(figure, { width: -1 })).rejects.toThrow(InputError);
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
