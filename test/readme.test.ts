import { expect, test } from "@jest/globals";
import { execFile } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("../", import.meta.url));

const examples = [...(await readFile(`${root}README.md`, "utf8")).matchAll(/```js\n([\s\S]*?)```/g)].map(
  ([, code]) => code,
);

test.each(examples.map((code, index) => [index, code] as const))(
  "example %i of the README runs and prints what it says",
  async (index, code) => {
    const expected = [...code.matchAll(/console\.log\(.*\/\/ (.*)/g)].map(([, text]) => text);
    expect(expected).not.toHaveLength(0);
    // Inside the package, so that the import of "he-ml" finds it.
    const file = `${root}readme-example-${index}.mjs`;
    try {
      await writeFile(file, code);
      const { stdout } = await promisify(execFile)(process.execPath, [file], { cwd: root });
      expect(stdout.trim().split("\n")).toEqual(expected);
    } finally {
      await rm(file, { force: true });
    }
  },
);
