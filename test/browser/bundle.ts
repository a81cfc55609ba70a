import { build, type Metafile } from "esbuild";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

export interface Bundle {
  /** Scripts by their names. */
  readonly scripts: ReadonlyMap<string, string>;
  /** Modules that went in, by their paths in the project. */
  readonly inputs: Metafile["inputs"];
}

/** Bundles a page and its worker of this folder, with the package as `npm run build` made it. */
export async function bundle(page: string, worker: string): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: {
      page: `test/browser/${page}.ts`,
      [worker]: `test/browser/${worker}.ts`,
      "thread-worker": "dist/he-ml/browser/thread-worker.js",
    },
    outdir: "out/browser",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "browser",
    // node-seal loads it in Node only.
    external: ["module"],
    minify: true,
    write: false,
    metafile: true,
    logLevel: "silent",
  });
  return {
    scripts: new Map(outputFiles.map(({ path, text }) => [basename(path), text])),
    inputs: metafile.inputs,
  };
}
