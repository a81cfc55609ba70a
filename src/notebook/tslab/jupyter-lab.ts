import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { findOnPath } from "../find-on-path.js";
import { installKernelSpec } from "./kernel-spec.js";

const windows = process.platform === "win32";
const python = windows ? "python" : "python3";

type Environment = Readonly<NodeJS.ProcessEnv>;

/**
 * How to start JupyterLab here: `jupyter-lab` on the PATH, or a module of the Python there.
 *
 * @returns undefined if it is not installed
 */
export async function findJupyterLab(
  env: Environment,
): Promise<[command: string, ...args: string[]] | undefined> {
  const program = await findOnPath(windows ? "jupyter-lab.exe" : "jupyter-lab", env);
  if (program !== undefined) return [program];
  return (await runs(python, ["-c", "import jupyterlab"], env)) ? [python, "-m", "jupyterlab"] : undefined;
}

/**
 * Starts JupyterLab with our kernel, for as long as it runs; Jupyter's own folders are left alone.
 *
 * @param options.signal ends it, unless it is interactive: in a terminal it has then had the same Ctrl-C, and asks for
 * itself
 * @returns its exit status
 */
export async function runJupyterLab(
  [command, ...args]: readonly string[],
  { env, signal, interactive }: { env: Environment; signal: AbortSignal; interactive: boolean },
): Promise<number> {
  const dataFolder = await mkdtemp(join(tmpdir(), "he-ml-jupyter-"));
  const noKill = () => undefined;
  process.on("SIGINT", noKill);
  try {
    await installKernelSpec(dataFolder);
    const paths = [dataFolder, env.JUPYTER_PATH].filter(Boolean).join(delimiter);
    const server = spawn(command, args, {
      stdio: "inherit",
      env: { ...env, JUPYTER_PATH: paths },
    });
    const end = () => server.kill("SIGTERM");
    if (!interactive) signal.addEventListener("abort", end, { once: true });
    process.once("SIGTERM", end);
    const [status] = (await once(server, "exit").finally(() => process.off("SIGTERM", end))) as [
      number | null,
    ];
    return status ?? 1;
  } finally {
    process.off("SIGINT", noKill);
    await rm(dataFolder, { recursive: true, force: true });
  }
}

function runs(command: string, args: readonly string[], env: Environment): Promise<boolean> {
  return new Promise((resolve) => execFile(command, args, { env }, (error) => resolve(!error)));
}
