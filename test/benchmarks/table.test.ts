import { expect, test } from "@jest/globals";
import { readPeers, reference } from "../../benchmarks/peers.mjs";
import { publishedRows } from "../../benchmarks/published.mjs";
import { rowOf, withRatios } from "../../benchmarks/rows.mjs";
import { csvTable, markdownTable } from "../../benchmarks/table.mjs";

const images = {
  labels: [1, 0],
  plainLogits: [
    [1, 2, 0],
    [3, -4, 2],
  ],
};

const took = (wall: number) => ({ wall, cpu: wall / 2 });

/** An answer whose phases take 1, 2, 3, … times so many milliseconds. */
function answer(times: number, logits: readonly (readonly number[])[], evaluate = [took(4 * times)]) {
  return {
    status: "measured",
    versions: { lib: "1.2.3" },
    parameters: { scheme: "CKKS", polyModulusDegree: 8192, coeffModulusBits: [50, 50, 52] },
    securityBits: 128,
    imagesAtOnce: 1,
    bytes: { input: 787505, output: 131489, keys: null },
    milliseconds: {
      keys: took(times),
      compile: took(2 * times),
      encrypt: [took(3 * times)],
      evaluate,
      decrypt: [took(5 * times)],
    },
    logits,
  };
}

const peer = (id: string) => ({ id, name: `The ${id}`, licence: "MIT" });
const exact = images.plainLogits;

test("a row counts what agrees with the plain model and with the labels, and takes medians of the phases", () => {
  const flipped = [
    [1, 2.5, 0],
    [3, -4, 3.5],
  ];
  const runs = [took(40), took(60), took(20)];
  const row = rowOf(peer("a"), "net", 1, [answer(10, flipped, runs)], images);
  expect(row).toMatchObject({ status: "measured", images: 2, agrees: 0.5, accuracy: 0.5, maxAbsError: 1.5 });
  expect(row.milliseconds?.evaluate).toEqual({ median: 40, min: 20, cpuMedian: 20, cpuMin: 10, runs: 3 });
  // From the keys to the first image's logits, the first and slowest evaluation among them.
  expect(row.milliseconds?.endToEnd).toEqual({ median: 10 + 20 + 30 + 40 + 50, cpuMedian: 75 });
});

test("a peer that was run twice is told by both runs, and one whose second run failed has failed", () => {
  const twice = rowOf(peer("a"), "net", 1, [answer(10, exact), answer(20, exact)], images);
  expect(twice).toMatchObject({ images: 4, agrees: 1 });
  expect(twice.milliseconds?.evaluate).toMatchObject({ median: 60, min: 40, runs: 2 });
  const failed = rowOf(
    peer("a"),
    "net",
    1,
    [answer(10, exact), { status: "failed", reason: "out of memory" }],
    images,
  );
  expect(failed).toMatchObject({ status: "failed", reason: "out of memory" });
});

test.each([
  ["no logits", { logits: [] }, "its answer has no logits"],
  ["too few logits of an image", { logits: [[1, 2, 0], [1]] }, "image 1: 1 logits, expected 3"],
  ["a logit that is no number", { logits: [[1, 2, null]] }, "its logits are not all finite numbers"],
  [
    "more images than were given",
    { logits: [...exact, [1, 2, 3]] },
    "it gave logits of 3 images, more than it was given",
  ],
  [
    "a phase that was not timed",
    { milliseconds: { keys: took(1) } },
    "its answer has no milliseconds of compile",
  ],
])("an answer with %s makes a row that has failed and says why", (_, wrong, reason) => {
  const row = rowOf(peer("a"), "net", 1, [{ ...answer(1, exact), ...wrong }], images);
  expect(row).toMatchObject({ status: "failed", reason });
});

test("ratios are to the reference's row of the same network, and none where it failed", () => {
  const row = (id: string, network: string, times: number) =>
    rowOf(peer(id), network, 1, [answer(times, exact)], images);
  const rows = withRatios(
    [
      row("ours", "x", 10),
      row("b", "x", 30),
      rowOf(peer("ours"), "y", 1, [{ status: "failed", reason: "" }], images),
      row("b", "y", 30),
    ],
    "ours",
  );
  expect(rows.map(({ timesOurs }) => timesOurs?.evaluate)).toEqual([1, 3, undefined, undefined]);
});

test("the table shows measured, failed and published rows, each as what it is", async () => {
  const rows = [
    ...withRatios(
      [
        rowOf(peer("ours"), "lenet1", 1, [answer(10, exact)], images),
        rowOf(peer("b"), "lenet1", 1, [{ status: "failed", reason: "exit status 1: no | room" }], images),
      ],
      "ours",
    ),
    ...publishedRows(["lenet1"]),
  ];
  const lines = markdownTable(rows).split("\n");
  expect(lines[2]).toContain("| The ours 1.2.3 | lenet1 | 8192; 50 50 52 | 128 bits | 1 | 2 of 2 | 2 of 2 |");
  expect(lines[2]).toContain("| 788 kB | not told | 131 kB | 1 × | 1 × |");
  expect(lines[3]).toContain("failed: exit status 1: no \\| room");
  expect(lines[4]).toContain("published: 30.089 s");
  // Every row has as many cells as the head.
  const cells = lines.slice(0, 2 + rows.length).map((text) => text.split(/(?<!\\)\|/).length);
  expect(new Set(cells).size).toBe(1);
  // Under the table stands where a published number is from.
  expect(lines.at(-1)).toContain("<https://doi.org/10.1109/ACCESS.2024.3438996>");
});

test("as CSV, a cell for each number, and quotes where a text has commas", () => {
  const rows = [
    rowOf(peer("ours"), "lenet1", 1, [answer(10, exact)], images),
    rowOf(
      { ...peer("b"), name: 'A "b", a peer' },
      "lenet1",
      1,
      [{ status: "failed", reason: "late" }],
      images,
    ),
  ];
  const [head, first, second] = csvTable(rows).split("\n");
  const column = head.split(",").indexOf("milliseconds.evaluate.median");
  expect(first.split(",")[column]).toBe("40");
  expect(second).toContain('b,"A ""b"", a peer",MIT,lenet1');
});

test("every peer has a name, a licence and a file to run; the reference comes first", async () => {
  const peers = await readPeers();
  expect(peers[0].id).toBe(reference);
  for (const { name, licence, run } of peers) {
    expect(name && licence).toBeTruthy();
    expect(run).toMatch(/\.(mjs|py)$/);
  }
});
