import { expect, test } from "@jest/globals";
import { execFile } from "node:child_process";
import { rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { promisedOutput, readmeExamples } from "./readme-examples.js";

const root = fileURLToPath(new URL("../", import.meta.url));

const examples = await readmeExamples();

test.each(examples.map((code, index) => [index, code] as const))(
  "example %i of the README runs and prints what it says",
  async (index, code) => {
    const expected = promisedOutput(code);
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
