import { beforeAll, describe, expect, test } from "@jest/globals";
import { checkParameters } from "../../../src/he-ml/crypto/parameters.js";
import { mostModulusBits } from "../../../src/he-ml/crypto/security-tables.js";
import { adviceReportSchema, type AdviceReport } from "../../../src/he-ml/parameters-tester/advice.js";
import { advise } from "../../../src/he-ml/parameters-tester/advise.js";
import { smallModel } from "../layers/small-model.js";
import { adviseWithoutRuns } from "./made-up-runs.js";

/** The more bits an input's scale has, the smaller: what holds in first order. */
const errorOf = ({ scaleBits }: { readonly scaleBits: number }) => 2 ** (12 - scaleBits);

let report: AdviceReport;
beforeAll(async () => {
  report = await adviseWithoutRuns(errorOf, { security: 192 });
}, 600_000);

describe("a report", () => {
  test("has its form, and says what was asked", () => {
    expect(adviceReportSchema.parse(JSON.parse(JSON.stringify(report)))).toEqual(report);
    expect(report).toMatchObject({
      goal: "latency",
      relativeError: 0.01,
      security: 192,
      securityTable: "2018",
      images: { count: 4, madeUp: true },
      machine: { cpu: "made up" },
    });
  });

  test("recommends what holds the error, with parameters that are ready to use and hold the security", () => {
    const [best] = report.points;
    expect(best).toMatchObject({ status: "recommended", name: report.recommended });
    expect(best.measured!.relativeError).toBeLessThanOrEqual(0.01);
    const parameters = checkParameters(best.parameters);
    expect(parameters.security).toBe(192);
    expect(best.modulusBits).toEqual({
      total: parameters.coeffModulusBits.reduce((sum, bits) => sum + bits, 0),
      allowed: mostModulusBits({ polyModulusDegree: parameters.polyModulusDegree, security: 192 }),
    });
    for (const { measured, status } of report.points) {
      if (status !== "front") continue;
      expect(measured!.latencyMilliseconds).toBeGreaterThanOrEqual(best.measured!.latencyMilliseconds);
    }
  });

  test("gives the reasons in words", () => {
    const { why } = report.points[0];
    expect(why.degree).toMatch(/^the primes have \d+ bits in all; 192-bit security allows \d+ at N = \d+/);
    expect(why.chain).toMatch(/bits are left at the end for scale and values/);
    expect(why.packing).toMatch(/^one image in (one ciphertext|\d ciphertexts): /);
    expect(report.stricter).toMatch(/a quarter of the error, 0\.25 %/);
  });

  test("tries both packings and evaluators, and tells of the one that is not worth a run", () => {
    const tried = new Set(report.points.map(({ packing, evaluator }) => `${packing} ${evaluator}`));
    expect([...tried].toSorted()).toEqual(["batch kernel", "packed kernel", "packed seal", "scalar kernel"]);
    expect(report.points.at(-1)).toMatchObject({ packing: "scalar", status: "not-run" });
  });
});

describe("by goal and error", () => {
  test("many images are for batches, one is for packing packed", async () => {
    const throughput = await adviseWithoutRuns(errorOf, { goal: "throughput" });
    expect(throughput.points[0].packing).toBe("batch");
    expect(throughput.points[0].measured!.imagesPerRequest).toBeGreaterThan(1000);
    expect(report.points[0].packing).toBe("packed");
  }, 600_000);

  test("what is not precise is told, and never recommended", async () => {
    const missing = await adviseWithoutRuns(() => 0.009);
    expect(missing.recommended).toBeNull();
    const statuses = new Set(missing.points.map(({ status }) => status));
    expect([...statuses]).toEqual(["misses", "not-run"]);
    expect(missing.points[0].reason).toMatch(
      /measured 0\.9 %, asked for 1 %: on many images up to 1\.[34] % are to be expected/,
    );
    expect(missing.stricter).toMatch(/nothing that was tried holds 1 %: the least error was 0\.9 %/);
  }, 600_000);

  test("what cannot work has its reason, and the rest is run", async () => {
    const { points } = await adviseWithoutRuns(errorOf, { relativeError: 1e-30 });
    const failed = points.filter(({ status }) => status === "failed");
    expect(failed.length).toBeGreaterThan(0);
    for (const { reason } of failed) expect(reason).toMatch(/^plan: no 128-bit parameters carry/);
  }, 600_000);
});

test("every point of a tiny network is run under 192 bits, and what is recommended holds a strict error", async () => {
  const steps = new Set<string>();
  const report = await advise(
    smallModel,
    { relativeError: 1e-4, security: 192 },
    { onProgress: (step) => steps.add(step) },
  );
  const [best] = report.points;
  expect(best.status).toBe("recommended");
  expect(best.measured!.relativeError).toBeLessThanOrEqual(1e-4);
  for (const { parameters } of report.points) expect(parameters?.security ?? 192).toBe(192);
  expect(steps.size).toBeGreaterThan(5);
}, 600_000);

test("stops when it is told to", async () => {
  const stop = new AbortController();
  const onProgress = () => stop.abort(new Error("enough"));
  await expect(advise(smallModel, {}, { signal: stop.signal, onProgress })).rejects.toThrow("enough");
}, 600_000);
