import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { InlineConfig, Plugin } from "vite";
import { pageColors } from "../notebook/html/page-colors.js";
import { loadTestImages } from "../train/load-dataset.js";
import { imageAt } from "../he-ml/tensor/tensor.js";
import { liveNotebooks } from "./page-addresses.js";

const project = fileURLToPath(new URL("../../", import.meta.url));
const sources = join(project, "src/playground");

/** Scripts that workers begin with; what they share goes into chunks of its own, once. */
const workers = ["key-worker", "evaluation-worker", "plain-worker"];

/** The library looks for them beside its script; node-seal's own file Vite finds by itself. */
const kernels = ["doubles.wasm", "integers.wasm", "doubles-shared.wasm", "integers-shared.wasm"].map((name) =>
  join(project, "dist/he-ml/kernels", name),
);

/**
 * The ten test digits: of each class the first of MNIST's test images, in 16 grey levels, a hexadecimal digit a pixel.
 *
 * @returns by class
 */
export async function tenDigits(): Promise<readonly string[]> {
  const { images, labels } = await loadTestImages(
    "mnist",
    Array.from({ length: 100 }, (_, index) => index),
  );
  return Array.from({ length: 10 }, (_, digit) => {
    const { data } = imageAt(images, [...labels].indexOf(digit));
    return Array.from(data, (value) => Math.round(value * 15).toString(16)).join("");
  });
}

/** Lays what is not a script beside the scripts, and gives the page the colours of the project's pages. */
const beside: Plugin = {
  name: "playground-beside",
  async generateBundle() {
    this.emitFile({ type: "asset", fileName: "digits.json", source: JSON.stringify(await tenDigits()) });
    for (const path of kernels) {
      this.emitFile({ type: "asset", fileName: basename(path), source: await readFile(path) });
    }
  },
  transform: (code, id) => (id.endsWith("/playground/style.css") ? pageColors + code : undefined),
};

/** Flat, as the library looks for files beside its scripts. */
const bundling = {
  // node-seal loads it in Node only.
  external: ["module"],
  // On a busy machine it would warn of the time that plugins take.
  checks: { bundlerTimings: false },
  output: {
    entryFileNames: "[name].js",
    chunkFileNames: "[name]-[hash].js",
    assetFileNames: "[name][extname]",
  },
};

function configuration(out: string, live: boolean, plugins: readonly Plugin[]): InlineConfig {
  const entries = workers.map((name) => [name, join(sources, `workers/${name}.ts`)] as const);
  return {
    root: sources,
    base: "./",
    configFile: false,
    publicDir: false,
    logLevel: "warn",
    plugins: [beside, ...plugins],
    define: { heMlLiveNotebooks: live ? JSON.stringify(`../${liveNotebooks}`) : "undefined" },
    build: {
      outDir: join(out, "playground"),
      emptyOutDir: true,
      target: "es2022",
      assetsInlineLimit: 0,
      modulePreload: false,
      rolldownOptions: {
        input: { index: join(sources, "index.html"), ...Object.fromEntries(entries) },
        ...bundling,
      },
    },
    // The library's own, in which a server's threads compute where the page is isolated
    worker: { format: "es", rolldownOptions: bundling },
  };
}

/**
 * Builds the playground into the folder `playground` of a site. Its pages expect the site's `lib/models` beside it.
 *
 * @param out the site's folder
 * @param live whether the site has JupyterLite, in which cells can be opened
 * @param plugins of Vite's that work on its sources besides, as tests have them
 */
export async function buildPlayground(
  out: string,
  live: boolean,
  plugins: readonly Plugin[] = [],
): Promise<void> {
  const { build } = await import("vite");
  await build(configuration(out, live, plugins));
}
