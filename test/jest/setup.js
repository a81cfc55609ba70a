import { mkdir, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newFiles } from "./new-files.js";
import { keepTypicalCosts } from "./typical-costs.js";

/** Where processes write, by the variable that tells them. */
const places = { TMPDIR: "temporary", XDG_CACHE_HOME: "cache", HOME: "home" };

/**
 * One folder for all that a run of tests writes: temporary files, the cache of measured costs, and a home that must
 * stay empty.
 */
export default async function setup(globalConfig, { testMatch }) {
  const folder = await mkdtemp(join(tmpdir(), "he-ml-jest-"));
  const environmentBefore = {};
  for (const [variable, name] of Object.entries(places)) {
    environmentBefore[variable] = process.env[variable];
    process.env[variable] = join(folder, name);
    await mkdir(process.env[variable]);
  }
  if (!testMatch.some((pattern) => pattern.includes(".slow."))) await keepTypicalCosts();
  globalThis.heMlTestRun = { folder, environmentBefore, filesBefore: await newFiles() };
}
