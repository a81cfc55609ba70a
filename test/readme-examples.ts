import { expect } from "@jest/globals";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("../", import.meta.url));

/** The code of the README's examples. */
export const readmeExamples = [
  ...(await readFile(`${root}README.md`, "utf8")).matchAll(/```js\n([\s\S]*?)```/g),
].map(([, code]) => code);

/** The lines that an example says it prints: the comment behind each `console.log`. */
export function promisedOutput(code: string): string[] {
  return [...code.matchAll(/console\.log\(.*\/\/ (.*)/g)].map(([, text]) => text);
}

/** Runs an example as a user of the package would, and expects it to print what its comments say. */
export async function checkExample(code: string): Promise<void> {
  const expected = promisedOutput(code);
  expect(expected).not.toHaveLength(0);
  const folder = await mkdtemp(join(tmpdir(), "he-ml-readme-"));
  try {
    await mkdir(join(folder, "node_modules"));
    await symlink(root, join(folder, "node_modules/he-ml"), "dir");
    const file = join(folder, "example.mjs");
    await writeFile(file, code);
    // Models' folders are named from the project's folder.
    const { stdout } = await promisify(execFile)(process.execPath, [file], { cwd: root });
    expect(stdout.trim().split("\n")).toEqual(expected);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
