import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The project's folder; this file lies equally deep in it under `src` and `dist`. */
export const packageRoot = fileURLToPath(new URL("../../../../", import.meta.url));

export function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(`${packageRoot}package.json`, "utf8")) as { version: string };
  return version;
}
