import { describe, expect, test } from "@jest/globals";
import type { AdvicePoint } from "../../../src/he-ml/parameters-tester/advice.js";
import { ranked } from "../../../src/he-ml/parameters-tester/pareto.js";

const point = (name: string, latency: number, each: number, upload: number, error: number): AdvicePoint => ({
  name,
  packing: "packed",
  evaluator: "kernel",
  status: error > 0.01 ? "misses" : "front",
  measured: {
    relativeError: error,
    rmsError: error / 3,
    argmaxFlips: 0,
    latencyMilliseconds: latency,
    imagesPerRequest: 1,
    millisecondsPerImage: each,
    uploadBytes: upload,
    uploadBytesPerImage: upload,
    downloadBytes: 1,
    keyBytes: 1,
    threads: 1,
  },
  why: { packing: "" },
});

const fast = point("fast", 10, 10, 100, 0.005);
const worse = point("worse", 11, 11, 100, 0.005);
const precise = point("precise", 20, 20, 200, 0.0001);
const many = point("many", 1000, 1, 10, 0.005);
const rough = point("rough", 1, 1, 1, 0.02);
const failed: AdvicePoint = { ...fast, name: "failed", status: "failed", measured: undefined };
const all = [failed, rough, worse, many, precise, fast];

const statuses = (points: readonly AdvicePoint[]) => points.map(({ name, status }) => [name, status]);

describe("ranked", () => {
  test("the best for the goal, the front, what is beaten and by what, what misses, what fails", () => {
    const points = ranked(all, "latency");
    expect(statuses(points)).toEqual([
      ["fast", "recommended"],
      ["precise", "front"],
      ["many", "front"],
      ["worse", "dominated"],
      ["rough", "misses"],
      ["failed", "failed"],
    ]);
    expect(points[3].dominatedBy).toBe("fast");
  });

  test("another goal, another recommendation", () => {
    expect(ranked(all, "throughput")[0].name).toBe("many");
    expect(ranked(all, "upload")[0].name).toBe("many");
  });

  test("of equals none is beaten", () => {
    expect(statuses(ranked([fast, { ...fast, name: "again" }], "latency"))).toEqual([
      ["fast", "recommended"],
      ["again", "front"],
    ]);
  });

  test("where nothing holds the error, nothing is recommended", () => {
    expect(statuses(ranked([rough, failed], "latency"))).toEqual([
      ["rough", "misses"],
      ["failed", "failed"],
    ]);
  });
});
