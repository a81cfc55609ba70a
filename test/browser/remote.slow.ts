import { afterAll, beforeAll, expect, test } from "@jest/globals";
// Processes that compute run what is built, and so does the server.
import { loadModel, modelForward } from "../../dist/he-ml/node/index.js";
import { serve } from "../../dist/he-ml/node/rest/serve.js";
import { imageAt } from "../../src/he-ml/tensor/tensor.js";
import { loadTestImages } from "../../src/train/load-dataset.js";
import { maxAbsDifference } from "../he-ml/support.js";
import type { Page as HeMlPage } from "./page.js";
import { openPages, type Pages } from "./pages.js";

declare const page: HeMlPage;

let pages: Pages;
beforeAll(async () => {
  pages = await openPages();
});
afterAll(() => pages.close());

/** Classifies the first digit in a page, by a server that is told the page's origin, or is not. */
async function classified(isAllowed: boolean) {
  const { images, labels } = await loadTestImages("mnist", [0]);
  const pixels = [...imageAt(images, 0).data];
  const seen = await pages.visit(async (opened) => {
    const { origin } = new URL(opened.url());
    const cors = isAllowed ? [origin] : ["https://elsewhere.example"];
    await using server = await serve({ config: { models: [{ name: "mnist-small" }] }, processes: 1, cors });
    return await opened.evaluate(
      ({ url, pixels }) => page.classify(url, "mnist-small", pixels).catch((error: unknown) => String(error)),
      { url: server.url, pixels },
    );
  });
  return { ...seen, images, label: labels[0] };
}

test("a page has a digit classified by a server that it may ask", async () => {
  const { result, complaints, images, label } = await classified(true);
  expect(complaints).toEqual([]);
  if (typeof result === "string") throw new Error(result);
  const plain = modelForward(await loadModel("mnist-small"), images).at(-1)!.data;
  expect(result.predicted).toBe(label);
  expect(maxAbsDifference(result.logits, plain) / Math.max(...plain.map(Math.abs))).toBeLessThan(0.015);
});

test("a server that was not started with the page's origin is not reached, and the page is told why", async () => {
  const { result } = await classified(false);
  expect(result).toMatch(
    /^UnavailableError: http:.* cannot be reached: .*this page's origin as one that may ask it \(CORS\)/,
  );
});
