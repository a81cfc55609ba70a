import { join } from "node:path";
import { makeFolder } from "../../he-ml/node/files/make-folder.js";
import { writeWholeFile } from "../../he-ml/node/files/whole-file.js";
import { kernelCommand } from "./kernel-command.js";
import { kernelMetadata, kernelName } from "./kernel-metadata.js";

/** The contents of a `kernel.json`. */
export interface KernelSpec {
  readonly argv: readonly string[];
  readonly display_name: string;
  readonly language: string;
  readonly interrupt_mode: "signal" | "message";
  readonly metadata: Record<string, unknown>;
}

export function kernelSpec(): KernelSpec {
  const { display_name, language } = kernelMetadata;
  return {
    argv: kernelCommand("{connection_file}"),
    display_name,
    language,
    interrupt_mode: "signal",
    metadata: {},
  };
}

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
