import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { AccuracyReport } from "../../src/he-ml/service/accuracy-report.js";
import type { AccuracySummary } from "../../src/he-ml/service/accuracy-summary.js";
import { RedisServer } from "../he-ml/node/engine/redis/redis-server.js";
import { run, start, type Running } from "./processes.js";
import { temporaryFolder } from "./support.js";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

const usual = ["accuracy", "--model", "breast-cancer", "--dataset", "breast-cancer", "--packing", "packed"];
const readReport = async (path: string) => JSON.parse(await readFile(path, "utf8")) as AccuracyReport;

/** Waits until a chunk is kept. */
async function firstChunk(path: string, { child }: Running): Promise<AccuracyReport> {
  while (child.exitCode === null) {
    const report = await readReport(path).catch(() => undefined);
    if (report) return report;
    await delay(20);
  }
  throw new Error("it ended before a chunk was kept");
}

function requireWhole(report: AccuracyReport, summary: AccuracySummary): void {
  expect(report.chunks.map(({ images }) => images.length)).toEqual([50, 50, 14]);
  expect(summary).toMatchObject({ count: 114, outOfRange: [] });
  expect(Math.abs(summary.encryptedAccuracy - summary.plainAccuracy)).toBeLessThan(0.02);
  expect(summary.relativeToMax).toBeLessThan(0.015);
}

test("a run that is killed goes on where it was", async () => {
  const out = join(folder.path, "killed.json");
  const args = [...usual, "--json", "--out", out];
  const running = start(args);
  const kept = await firstChunk(out, running);
  running.child.kill("SIGKILL");
  await running.finished;
  const resumed = await run(args);
  expect({ status: resumed.status, stderr: resumed.stderr }).toEqual({ status: 0, stderr: "" });
  const whole = await readReport(out);
  expect(whole.chunks.slice(0, kept.chunks.length)).toEqual(kept.chunks);
  requireWhole(whole, JSON.parse(resumed.stdout) as AccuracySummary);
}, 300_000);

test("the default file is begun anew, and gone on with where that is asked for", async () => {
  const args = (...more: readonly string[]) => [...usual, "--count", "60", "--json", ...more];
  const here = (more: readonly string[]) => start(args(...more), [], { cwd: folder.path }).finished;
  const path = join(folder.path, "out", "accuracy-breast-cancer-breast-cancer-packed.json");
  const begun = await here(["--resume"]);
  expect(begun.stderr).toMatch(
    /^he-ml: accuracy: --resume: there is no "out.*" to go on with; begun anew\n$/,
  );
  const first = await readReport(path);
  await writeFile(path, JSON.stringify({ ...first, chunks: first.chunks.slice(0, 1) }));
  expect((await here(["--resume"])).status).toBe(0);
  const resumed = await readReport(path);
  expect(resumed.chunks[0]).toEqual(first.chunks[0]);
  expect(resumed.chunks[1].milliseconds).not.toEqual(first.chunks[1].milliseconds);
  expect((await here([])).status).toBe(0);
  expect((await readReport(path)).chunks[0].milliseconds).not.toEqual(first.chunks[0].milliseconds);
}, 300_000);

test("two workers of a Redis share the images; where one is killed, the other does its part", async () => {
  await using redis = await RedisServer.start();
  const out = join(folder.path, "redis.json");
  const workers = ["a", "b"].map(() => start(["worker", "--redis", redis.url, "--processes", "1", "--json"]));
  try {
    const running = start([...usual, "--json", "--redis", redis.url, "--out", out]);
    await firstChunk(out, running);
    workers[0].child.kill("SIGKILL");
    const { status, stdout, stderr } = await running.finished;
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const summary = JSON.parse(stdout) as AccuracySummary;
    requireWhole(await readReport(out), summary);
    expect(summary.threads).toBeNull();
  } finally {
    for (const { child } of workers) child.kill("SIGKILL");
    await Promise.all(workers.map(({ finished }) => finished));
  }
}, 300_000);
