/** Our kernel: an extension of JupyterLite, a folder that its build takes up; and the workers that it starts. */
import { build, type Plugin } from "esbuild";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { notebookData } from "./course.js";
import { typesOfCells } from "./kernel-types.js";

const project = fileURLToPath(new URL("../../", import.meta.url));
const notebook = join(project, "src/notebook");
const sources = join(notebook, "jupyterlite");

/** Of the extension, and of its folder among JupyterLite's. */
export const extensionName = "he-ml-kernel";

/** Packages of which the page has one copy for all extensions, and our extension uses that. */
const shared = [
  "@jupyterlite/services",
  "@jupyterlab/apputils",
  "@jupyterlab/coreutils",
  "@jupyterlab/rendermime",
  "@lumino/widgets",
];

/** The scripts of the kernel's workers. */
const workers = [join(sources, "kernel-worker.ts"), join(notebook, "browser/language-worker.ts")];

const options = {
  absWorkingDir: project,
  bundle: true,
  minify: true,
  platform: "browser",
  target: "es2022",
  logLevel: "error",
} as const;

/** Where a source imports a shared package, the page's copy is meant, which the container has put at hand. */
const pageCopies: Plugin = {
  name: "page-copies",
  setup({ onResolve, onLoad }) {
    const filter = new RegExp(`^(${shared.join("|")})$`);
    onResolve({ filter }, ({ path }) => ({ path, namespace: "page" }));
    onLoad({ filter: /.*/, namespace: "page" }, ({ path }) => ({
      contents: `module.exports = heMlShared[${JSON.stringify(path)}]`,
      loader: "js",
    }));
  },
};

/**
 * What loads the extension: a container of webpack's module federation, in which JupyterLab's extensions come. `init` gets the
 * page's shared packages, `get` gives a factory of the extension's module.
 *
 * @see https://webpack.js.org/concepts/module-federation/#dynamic-remote-containers
 * @see https://jupyterlab.readthedocs.io/en/stable/extension/extension_dev.html#prebuilt-extensions
 */
const container = (extension: string) => `(() => {
  const heMlExtensionScript = document.currentScript.src;
  const heMlShared = {};
  let scope;
  (globalThis._JUPYTERLAB ??= {})[${JSON.stringify(extensionName)}] = {
    init(given) { scope = given; },
    async get() {
      for (const name of ${JSON.stringify(shared)}) {
        const [version] = Object.values(scope[name]);
        heMlShared[name] = (await version.get())();
      }
      ${extension}
      return () => extension;
    },
  };
})();
`;

/**
 * Writes the extension's folder: `package.json` and `static/`.
 *
 * @throws Error of esbuild if a source does not compile
 */
export async function buildKernelExtension(folder: string): Promise<void> {
  const scripts = join(folder, "static");
  await mkdir(scripts, { recursive: true });
  const { outputFiles } = await build({
    ...options,
    entryPoints: [join(sources, "extension.ts")],
    format: "iife",
    globalName: "extension",
    write: false,
    plugins: [pageCopies],
    define: { heMlNotebookData: JSON.stringify(notebookData) },
  });
  await writeFile(join(scripts, "remoteEntry.js"), container(outputFiles[0]!.text.trim()));
  await build({ ...options, entryPoints: [join(sources, "plotly.ts")], outdir: scripts, format: "esm" });
  const description = {
    name: extensionName,
    version: "0.1.0",
    license: "MIT",
    jupyterlab: {
      extension: true,
      outputDir: ".",
      _build: { load: "static/remoteEntry.js", extension: "./extension" },
    },
    jupyterlite: { liteExtension: true },
  };
  await writeFile(join(folder, "package.json"), `${JSON.stringify(description, null, 2)}\n`);
}

/**
 * Writes the kernel's workers, with the types that completion knows.
 *
 * @param folder in the library's, from where the service worker keeps them
 * @throws Error of esbuild if a source does not compile
 */
export async function buildKernelWorkers(folder: string): Promise<void> {
  await build({
    ...options,
    entryPoints: workers,
    entryNames: "[name]",
    outdir: folder,
    format: "esm",
    splitting: true,
    chunkNames: "[name]-[hash]",
    // What TypeScript asks of Node once it has found itself there
    external: ["fs", "path", "os", "inspector", "perf_hooks", "module", "crypto"],
    inject: [join(sources, "node-process.ts")],
  });
  await writeFile(join(folder, "types.json"), JSON.stringify(await typesOfCells()));
}
