import { expect, test } from "@jest/globals";
import { execFile } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("../", import.meta.url));

test("the README's example of the library runs and prints what it says", async () => {
  const readme = await readFile(`${root}README.md`, "utf8");
  const [, example] = /```js\n([\s\S]*?)```/.exec(readme)!;
  const expected = /console\.log\(.*\/\/ (.*)/.exec(example)![1];
  // Inside the package, so that the import of "he-ml" finds it.
  const file = `${root}readme-example.mjs`;
  try {
    await writeFile(file, example);
    const { stdout } = await promisify(execFile)(process.execPath, [file], { cwd: root });
    expect(stdout.trim().replace(/\s+/g, " ").replace("[ ", "[").replace(" ]", "]")).toBe(expected);
  } finally {
    await rm(file, { force: true });
  }
});
