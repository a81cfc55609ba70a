import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { EvaluatorKind } from "../../src/he-ml/crypto/evaluator-kind.js";
import { argmax, imageAt } from "../../src/he-ml/tensor/tensor.js";
import { loadTestImages } from "../../src/train/load-dataset.js";
import { torchCases } from "../he-ml/formats/torch/fixtures.js";
import { maxAbsDifference } from "../he-ml/support.js";
import type { Page as HeMlPage } from "./page.js";
import { kernels, openPages, type Pages } from "./pages.js";

declare const page: HeMlPage;

const torch = torchCases.find(({ name }) => name === "adaptive-average-pool")!;
const models = ["model.onnx", "metrics.json", "parameters.json"].map((name) => `models/lenet1/${name}`);

let pages: Pages;
beforeAll(async () => {
  pages = await openPages([...models, torch.path]);
});
afterAll(() => pages.close());

test("nothing of Node is in the bundle but what node-seal loads in Node itself", () => {
  const isOurs = (path: string) => path.startsWith("dist/");
  expect(Object.keys(pages.bundled.inputs).filter(isOurs)).toContain("dist/he-ml/index.js");
  expect(Object.keys(pages.bundled.inputs).filter((path) => path.startsWith("dist/he-ml/node/"))).toEqual([]);
  const outside = Object.entries(pages.bundled.inputs).flatMap(([path, { imports }]) =>
    imports.filter(({ external }) => external).map((found) => `${path}: ${found.path}`),
  );
  expect(outside).toEqual(["node_modules/node-seal/dist/seal_throws.js: module"]);
  for (const script of pages.bundled.scripts.values()) expect(script).not.toMatch(/["'`]node:/);
});

test("the bundle has the size that the README says", () => {
  const bytes = [...pages.bundled.scripts.values()].reduce((sum, script) => sum + script.length, 0);
  expect(bytes).toBeLessThan(825_000);
});

const inferred = async (evaluator: EvaluatorKind, leftOut: readonly string[] = []) => {
  const { images } = await loadTestImages("mnist", [0]);
  const given = { pixels: [...imageAt(images, 0).data], evaluator };
  return pages.visit(
    (opened) => opened.evaluate(({ pixels, evaluator }) => page.infer("lenet1", pixels, evaluator), given),
    { leftOut },
  );
};

test.each([
  ["seal", 0.005, { evaluator: "seal", reason: "as planned for" }],
  ["kernel", 0.02, { evaluator: "kernel", reason: "as planned for; self-test passed" }],
] as const)(
  "a digit is encrypted in a page, classified in a Web Worker by %s, and decrypted in the page",
  async (kind, mostError, chosen) => {
    const { labels } = await loadTestImages("mnist", [0]);
    const { result, complaints } = await inferred(kind);
    const { logits, plainLogits, stages, evaluator, isIsolated } = result;
    expect(complaints).toEqual([]);
    expect(evaluator).toMatchObject(chosen);
    expect(isIsolated).toBe(false);
    expect(argmax(logits)).toBe(labels[0]);
    expect(stages).toEqual(["conv1+square1", "pool1+conv2+square2", "pool2+flatten+fc1"]);
    const largest = Math.max(...plainLogits.map(Math.abs));
    const difference = maxAbsDifference(logits, plainLogits);
    expect(difference / largest).toBeLessThan(mostError);
    // Noise: the same logits to the last bit would be those of the plain model.
    expect(difference).toBeGreaterThan(0);
  },
);

test("where the kernels are not served, SEAL computes, and it is said why", async () => {
  const { result } = await inferred(
    "kernel",
    kernels.map((name) => `/${name}`),
  );
  expect(result.evaluator).toEqual({
    evaluator: "seal",
    reason: expect.stringMatching(
      /integers\.wasm" cannot be fetched \(404\); serve he-ml's dist\/he-ml\/kernels/,
    ),
  });
  expect(argmax(result.logits)).toBe(argmax(result.plainLogits));
});

test("a PyTorch file is read in a page", async () => {
  const { result } = await pages.visit((opened) =>
    opened.evaluate(({ path, inputShape }) => page.kindsOf(path, inputShape), torch),
  );
  expect(result).toEqual(torch.kinds);
});

test("without SEAL's WASM the page is told where it belongs", async () => {
  const { result } = await pages.visit(
    (opened) =>
      opened.evaluate(() =>
        page.infer("lenet1", new Array<number>(784).fill(0), "seal").then(() => "", String),
      ),
    { leftOut: ["/seal_throws.wasm"] },
  );
  expect(result).toMatch(/InputError|Error/);
  expect(result).toMatch(
    /\/seal_throws\.wasm" cannot be fetched \(404\); serve node-seal's dist\/seal_throws\.wasm/,
  );
});
