import { expect, test } from "@jest/globals";
import { resultBundle } from "../../../../src/notebook/display/browser/result-bundle.js";
import { table } from "../../../../src/notebook/display/table.js";

test("a last value shows as a table or as it says itself; pictures become base64", async () => {
  const shown = table([{ a: 1 }]);
  expect(await resultBundle(shown)).toEqual({
    "text/html": expect.stringContaining("<table"),
    "text/plain": String(shown),
  });
  const picture = { [Symbol.for("Jupyter.display")]: async () => ({ "image/png": new Uint8Array([1, 2]) }) };
  expect(await resultBundle(picture)).toEqual({ "image/png": "AQI=" });
});

test("others show as they are printed, and nothing shows nothing", async () => {
  expect(await resultBundle({ mine: [1, 2n] })).toEqual({ "text/plain": "{ mine: [ 1, 2n ] }" });
  expect(await resultBundle("plain words")).toEqual({ "text/plain": "plain words" });
  expect(await resultBundle(new Promise(() => undefined))).toEqual({
    "text/plain": "Promise { <pending> }",
  });
  expect(await resultBundle(0)).toEqual({ "text/plain": "0" });
  expect(await resultBundle(undefined)).toBeUndefined();
  expect(await resultBundle(null)).toBeUndefined();
});
