import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { images, expectLogits } from "../he-ml/service/support.js";
import { tensor } from "../../src/he-ml/tensor/tensor.js";
import { pagesOf, type Pages } from "./pages.js";
import { cases, expectServed, folderOf, threadCases, type Expected } from "./thread-cases.js";
import type { ThreadsPage } from "./threads-page.js";
import type { Asked } from "./threads.js";

declare const page: ThreadsPage;

const isIsolated = true;

let pages: Pages;
let expected: ReadonlyMap<string, Expected>;
beforeAll(async () => {
  const made = await threadCases();
  expected = made.expected;
  pages = await pagesOf(made);
});
afterAll(() => pages.close());

test.each(cases)("an isolated page computes packing %s by %s on threads as Node does", async (...each) => {
  const folder = folderOf(each);
  const { result, complaints } = await pages.visit(
    (opened) =>
      opened.evaluate(
        async (at) => ({
          none: await page.serve({ folder: at, threads: 0 }),
          two: await page.serve({ folder: at, threads: 2 }),
          inWorker: await page.serveInWorker({ folder: at, threads: 2 }),
        }),
        folder,
      ),
    { isIsolated },
  );
  expect(complaints).toEqual([]);
  expectServed(result.none, 0, expected.get(folder)!);
  expectServed(result.two, 2, expected.get(folder)!);
  expectServed(result.inWorker, 2, expected.get(folder)!);
});

test("an isolated page takes threads by itself, two at most in packing packed", async () => {
  const given = { shape: images.shape, data: [...images.data] };
  const { result } = await pages.visit(
    (opened) => opened.evaluate(({ shape, data }) => page.inferred("packed-kernel", shape, data), given),
    { isIsolated },
  );
  const usual = Math.min(2, result.cores);
  expect(result.threads).toEqual([usual, usual]);
  const logits = result.results.flatMap((each) => each.logits);
  expectLogits(tensor([images.shape[0], 3], logits), images);
});

const refusedBy = async (asked: Asked, options: Parameters<Pages["visit"]>[1]) => {
  const { result } = await pages.visit(
    (opened) =>
      opened.evaluate(
        (given) =>
          page.serve(given).then(
            () => "",
            (error: unknown) => String(error),
          ),
        asked,
      ),
    options,
  );
  return result;
};

test("a page that is not isolated computes in the thread that asks, and refuses others", async () => {
  const { result, complaints } = await pages.visit((opened) =>
    opened.evaluate(() => page.serve({ folder: "packed-kernel" })),
  );
  expect(complaints).toEqual([]);
  expectServed(result, 0, expected.get("packed-kernel")!);
  expect(await refusedBy({ folder: "packed-kernel", threads: 2 }, {})).toMatch(
    /^InputError: server: threads: expected 0, as .*SharedArrayBuffer.* got 2; .*Cross-Origin-Embedder-Policy: require-corp/,
  );
});

test.each(["it ends", "it throws"] as const)("a thread that is lost is an error: %s", async (how) => {
  for (const folder of ["packed-kernel", "batch-seal"]) {
    const { result } = await pages.visit(
      (opened) => opened.evaluate(({ asked, way }) => page.lose(asked, way), { asked: { folder }, way: how }),
      { isIsolated },
    );
    const died = expect.stringMatching(
      /^Error: server: one of its threads died, and it stopped; start another$/,
    );
    expect(result).toEqual([died, died, 0]);
  }
});

test.each([
  [
    "thread-worker.js",
    /^InputError: server: a thread does not start: .*dist\/he-ml\/browser\/thread-worker\.js/,
  ],
  ["integers-shared.wasm", /^InputError: .*integers-shared\.wasm" cannot be fetched \(404\)/],
  ["doubles-shared.wasm", /^InputError: kernels: expected residues as f64.* doubles-shared\.wasm/],
])("without %s it is said what is missing", async (file, said) => {
  const asked = { folder: "packed-kernel", threads: 2 };
  expect(await refusedBy(asked, { isIsolated, leftOut: [`/${file}`] })).toMatch(said);
});
