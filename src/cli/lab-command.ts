import { Command } from "commander";
import { InputError } from "../he-ml/errors.js";
import { requirePackages } from "../he-ml/node/optional-packages.js";
import { ExitStatus, type CommandIo } from "./command-io.js";

interface LabOptions {
  readonly install?: string;
}

/** Jupyter's server drops what it takes for a flood: a figure's data, or thousands of lines at once. */
const serverOptions = ["--ZMQChannelsWebsocketConnection.limit_rate=False"];

/** `he-ml lab`: JupyterLab with our kernel. */
export function labCommand(io: CommandIo): Command {
  return new Command("lab")
    .description("start JupyterLab with the kernel of this project")
    .argument("[arguments...]", "for JupyterLab, after --")
    .option("--install <dir>", "only write the kernel spec, into the Jupyter data folder <dir>")
    .action((args: string[], options: LabOptions) => lab(args, options, io));
}

async function lab(
  args: readonly string[],
  { install }: LabOptions,
  { stdout, stdin, env, signal }: CommandIo,
): Promise<void> {
  requirePackages("notebooks");
  if (install !== undefined) {
    const { installKernelSpec } = await import("../notebook/tslab/kernel-spec.js");
    stdout.write(`${await installKernelSpec(install)}\n`);
    return;
  }
  const { findJupyterLab, runJupyterLab } = await import("../notebook/tslab/jupyter-lab.js");
  const command = await findJupyterLab(env);
  if (!command) {
    throw new InputError(
      "lab: JupyterLab is not installed; install it, and plotly for interactive figures, with " +
        "pip install jupyterlab plotly, or run notebooks without it by he-ml run",
    );
  }
  const status = await runJupyterLab([...command, ...serverOptions, ...args], {
    env,
    signal,
    interactive: stdin.isTTY ?? false,
  });
  if (status !== 0) throw new ExitStatus(status);
}
