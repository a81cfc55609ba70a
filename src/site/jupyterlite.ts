/** The course as live notebooks: JupyterLite with our kernel, in OUT/live. */
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { InputError } from "../he-ml/errors.js";
import { kernelName } from "../notebook/tslab/kernel-metadata.js";
import { buildKernelExtension, extensionName } from "./kernel-extension.js";
import { liveContents } from "./live-contents.js";

/** From PyPI. The server is asked for the list of files in each folder, once, while the site is built. */
const requirements = ["jupyterlite-core==0.8.6", "jupyter-server==2.21.1", "jupyterlab-server==2.28.1"];

/** In the checkout: the Python environment that builds JupyterLite. */
const environment = ".venv-jupyterlite";

const windows = process.platform === "win32";
const python = windows ? "python" : "python3";
const program = (name: string) =>
  resolve(environment, windows ? "Scripts" : "bin", windows ? `${name}.exe` : name);

const run = promisify(execFile);

/** Of JupyterLite's applications: a notebook by itself, JupyterLab, and the list of files. */
const applications = ["notebooks", "lab", "tree"];

const settings = {
  "jupyter-lite-schema-version": 0,
  "jupyter-config-data": {
    appName: "HE-ML",
    defaultKernelName: kernelName,
    // What was seen once is there without a network.
    enableServiceWorkerCache: "true",
    // Its kernel has the language of ours, and would be offered for our notebooks.
    disabledExtensions: ["@jupyterlite/javascript-kernel-extension"],
  },
};

/** Settings of JupyterLab's that a reader may change. */
const overrides = {
  // The first answer waits for the compiler and the types to be loaded; a second, the usual time, is too short for it.
  "@jupyterlab/completer-extension:manager": { providerTimeout: 15_000 },
  // Dark where the reader's system is.
  "@jupyterlab/apputils-extension:themes": { "adaptive-theme": true },
};

/**
 * Writes OUT/live. The environment is made at the first time, which takes half a minute and the network.
 *
 * @param out the site's folder
 * @throws InputError if there is no Python with venv, or the packages cannot be installed
 */
export async function buildLive(out: string, signal?: AbortSignal): Promise<void> {
  await requireEnvironment(signal);
  const folder = await mkdtemp(join(tmpdir(), "he-ml-live-"));
  try {
    await writeFile(join(folder, "jupyter-lite.json"), JSON.stringify(settings));
    await writeFile(join(folder, "overrides.json"), JSON.stringify(overrides));
    for (const [path, content] of await liveContents()) {
      const file = join(folder, "contents", path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content);
    }
    await buildKernelExtension(join(folder, "extensions", extensionName));
    const built = join(folder, "built");
    await run(
      program("jupyter-lite"),
      [
        ...["build", "--lite-dir", folder, "--output-dir", built, "--contents", join(folder, "contents")],
        ...applications.flatMap((name) => ["--apps", name]),
        ...["--no-sourcemaps", "--no-unused-shared-packages", "--ignore-sys-prefix", "federated_extensions"],
        `--FederatedExtensionAddon.extra_labextensions_path=${join(folder, "extensions")}`,
      ],
      { cwd: folder, signal, maxBuffer: 2 ** 26 },
    );
    await writeTabIcons(built);
    await cp(built, join(out, "live"), { recursive: true });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The notebook's tab asks for icons by names under which only Jupyter's server has any: one for when it is busy, one for when not. */
async function writeTabIcons(built: string): Promise<void> {
  const folder = join(built, "static/favicons");
  await mkdir(folder, { recursive: true });
  for (const name of ["favicon-notebook.ico", "favicon-busy-1.ico"])
    await cp(join(built, "notebooks/favicon.ico"), join(folder, name));
}

/** Makes the environment, unless it is there with the packages of today. */
async function requireEnvironment(signal: AbortSignal | undefined): Promise<void> {
  const note = join(environment, "installed.json");
  const wanted = JSON.stringify(requirements);
  if ((await readFile(note, "utf8").catch(() => undefined)) === wanted) return;
  try {
    if (!(await stat(program("pip")).catch(() => undefined)))
      await run(python, ["-m", "venv", environment], { signal });
    await run(program("pip"), ["install", "--quiet", "--disable-pip-version-check", ...requirements], {
      signal,
    });
  } catch (error) {
    signal?.throwIfAborted();
    const { stderr = "", message } = error as { stderr?: string; message: string };
    const reason = stderr.trim().split("\n").at(-1) || message;
    throw new InputError(
      `site: expected a Python with venv and PyPI, to build JupyterLite in ${environment}, got "${reason}"; ` +
        "install Debian's python3-venv, or build the site without live notebooks by --no-live",
    );
  }
  // Jupyter's own scripts for Node are CommonJS, whatever the project's package.json says.
  await writeFile(join(environment, "package.json"), "{}\n");
  await writeFile(note, wanted);
}
