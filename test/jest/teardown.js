import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { newFiles } from "./new-files.js";

/** Fails a run of quick tests that wrote into the user's home or into the repository. */
export default async function teardown({ watch, watchAll }, { testMatch }) {
  const { folder, environmentBefore, filesBefore } = globalThis.heMlTestRun;
  // Watched tests are set up again within the same process.
  for (const [variable, value] of Object.entries(environmentBefore)) {
    if (value === undefined) Reflect.deleteProperty(process.env, variable);
    else process.env[variable] = value;
  }
  const inHome = await readdir(join(folder, "home"), { recursive: true });
  await rm(folder, { recursive: true, force: true });

  // Browsers and Jupyter, in slow tests, fill the home that they have.
  if (testMatch.some((pattern) => /\.(slow|full)\./.test(pattern))) return;
  // Whoever watches tests writes files at the same time.
  const after = watch || watchAll ? [] : await newFiles();
  const inRepository = after.filter((file) => !filesBefore.includes(file));
  const written = [...inHome.map((name) => `~/${name}`), ...inRepository.map((line) => line.slice(3))];
  if (written.length === 0) return;
  throw new Error(
    `tests must write to temporary folders of their own only, but while they ran these appeared: ${written.join(", ")}`,
  );
}
