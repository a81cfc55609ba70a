/** What the service worker of the library's folder keeps: written when all else is in the folder. */
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { LibraryFiles } from "../notebook/browser/library-files.js";

const script = fileURLToPath(new URL("../../src/notebook/jupyterlite/library-cache.ts", import.meta.url));

/** What notebooks do without until they ask for it: whole datasets, the types that completion knows, pictures, texts. */
const onlyWhenUsed = [/-ubyte\.gz$/, /types\.json$/, /language-worker\.js$/, /\.png$/, /\.md$/];

/**
 * Writes OUT/lib/service-worker.js, of all files that are in OUT/lib.
 *
 * @param out the site's folder
 */
export async function buildLibraryCache(out: string): Promise<void> {
  const lib = join(out, "lib");
  await build({
    entryPoints: { "service-worker": script },
    outdir: lib,
    bundle: true,
    minify: true,
    format: "iife",
    target: "es2022",
    logLevel: "error",
    define: { heMlLibraryFiles: JSON.stringify(await libraryFiles(lib)) },
  });
}

async function libraryFiles(lib: string): Promise<LibraryFiles> {
  const entries = await readdir(lib, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(lib, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .sort();
  const hash = createHash("sha256");
  for (const path of paths) hash.update(path).update(await readFile(join(lib, path)));
  const isForLater = (path: string) => onlyWhenUsed.some((pattern) => pattern.test(path));
  return {
    version: hash.digest("hex").slice(0, 16),
    essential: paths.filter((path) => !isForLater(path)),
    further: paths.filter(isForLater),
  };
}
