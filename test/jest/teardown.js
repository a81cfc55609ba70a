import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { newFiles } from "./new-files.js";

/** Fails a run whose tests wrote into the user's home or into the repository. */
export default async function teardown({ watch, watchAll }) {
  const { folder, filesBefore } = globalThis.heMlTestRun;
  const inHome = await readdir(join(folder, "home"), { recursive: true });
  await rm(folder, { recursive: true, force: true });
  // Whoever watches tests writes files at the same time.
  const inRepository = watch || watchAll ? [] : (await newFiles()).filter((file) => !filesBefore.includes(file));
  const written = [...inHome.map((name) => `~/${name}`), ...inRepository.map((line) => line.slice(3))];
  if (written.length === 0) return;
  throw new Error(
    `tests must write to temporary folders of their own only, but while they ran these appeared: ${written.join(", ")}`,
  );
}
