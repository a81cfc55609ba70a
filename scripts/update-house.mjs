import { readFile, writeFile } from "node:fs/promises";
import { contributingOf, readmeOf } from "./house.mjs";

for (const [file, updated] of [
  ["README.md", readmeOf],
  ["CONTRIBUTING.md", contributingOf],
]) {
  await writeFile(file, updated(await readFile(file, "utf8")));
}
