import { join } from "node:path";
import { makeFolder } from "../../he-ml/node/files/make-folder.js";
import { writeWholeFile } from "../../he-ml/node/files/whole-file.js";
import { kernelCommand } from "./kernel-command.js";

/**
 * The name under which Jupyter finds our kernel, and which our notebooks carry. It is not `tslab`, since a
 * notebook would then run on a stock tslab kernel wherever one is installed, even beside ours; where only the stock
 * kernel is, JupyterLab and VS Code find it by the language, and nbclient when told `kernel_name="tslab"`.
 */
export const kernelName = "he-ml";

const shown = { display_name: "TypeScript (HE-ML)", language: "typescript" };

/** The contents of a `kernel.json`. */
export interface KernelSpec {
  readonly argv: readonly string[];
  readonly display_name: string;
  readonly language: string;
  readonly interrupt_mode: "signal" | "message";
  readonly metadata: Record<string, unknown>;
}

export function kernelSpec(): KernelSpec {
  return {
    argv: kernelCommand("{connection_file}"),
    ...shown,
    interrupt_mode: "signal",
    metadata: {},
  };
}

/** What a notebook's metadata says of the kernel that it is for. */
export const kernelMetadata = { name: kernelName, ...shown };

/**
 * Writes our kernel spec under a Jupyter data folder: one of those that `jupyter --paths` lists, or any other that is
 * then named in the environment variable JUPYTER_PATH.
 *
 * @returns the path of the kernel.json
 * @example await installKernelSpec(".venv/share/jupyter");
 */
export async function installKernelSpec(dataFolder: string): Promise<string> {
  const folder = join(dataFolder, "kernels", kernelName);
  await makeFolder(folder);
  const path = join(folder, "kernel.json");
  await writeWholeFile(path, `${JSON.stringify(kernelSpec(), null, 2)}\n`);
  return path;
}
