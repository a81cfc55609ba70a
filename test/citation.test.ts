import { expect, test } from "@jest/globals";
import { readFile } from "node:fs/promises";
import { packageVersion } from "../src/he-ml/node/files/package-root.js";

test("CITATION.cff names the version and the licence of package.json", async () => {
  const citation = await readFile("CITATION.cff", "utf8");
  const { license } = JSON.parse(await readFile("package.json", "utf8")) as { license: string };
  expect(citation).toMatch(new RegExp(`^version: ${packageVersion()}$`, "m"));
  expect(citation).toMatch(new RegExp(`^license: ${license}$`, "m"));
});
