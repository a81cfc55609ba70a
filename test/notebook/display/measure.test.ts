import { describe, expect, test } from "@jest/globals";
import { measure, stageBill } from "../../../src/notebook/display/index.js";
import { mnistSmall } from "../../viz/traces.js";

describe("measure", () => {
  test("tells of all runs but the warm-ups, in the order of their times", async () => {
    let calls = 0;
    const { fastest, median, slowest, result } = await measure(() => ++calls, 3, 2);
    expect(calls).toBe(5);
    expect(result).toBeGreaterThan(2);
    expect(0 <= fastest && fastest <= median && median <= slowest).toBe(true);
  });

  test("awaits what it runs, and passes on what it throws", async () => {
    expect((await measure(async () => "done", 1)).result).toBe("done");
    await expect(measure(() => Promise.reject(new Error("no")), 2)).rejects.toThrow("no");
  });

  test.each([0, 1.5, NaN])("refuses %p runs", async (runs) => {
    await expect(measure(() => 1, runs)).rejects.toThrow(`of at least 1, got ${runs}`);
  });
});

test("stageBill sums up, for each stage of the first run, what the layers of the others took", () => {
  const [conv1, square1, ...rest] = mnistSmall;
  const stage = { ...square1, name: "conv1+square1", modelLayers: [0, 1], milliseconds: 12 };
  const text = String(
    stageBill([
      { label: "fused", traces: [stage, ...rest] },
      { label: "layers", traces: mnistSmall },
    ]),
  );
  const cells = text
    .split("\n")
    .filter((line) => line.startsWith("│"))
    .map((line) => line.split("│").map((cell) => cell.trim()));
  expect(cells[0].slice(1, 9)).toEqual([
    "stage",
    "run",
    "errors seen",
    "rotations",
    "products",
    "squares",
    "rescales",
    "ms",
  ]);
  expect(cells[1].slice(1, 4)).toEqual(["conv1+square1", "fused", "1"]);
  expect(cells[2].slice(1, 4)).toEqual(["", "layers", "2"]);
  expect(cells[1][8]).toBe("12");
  expect(cells[2][8]).toBe(String(Math.round(conv1.milliseconds + square1.milliseconds)));
  expect(cells).toHaveLength(1 + 2 * (mnistSmall.length - 1));
});
