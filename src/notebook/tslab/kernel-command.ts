import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * The command line that starts our kernel: the tslab kernel, on this Node, with our preload.
 *
 * @example kernelCommand("{connection_file}") // what a kernel.json holds as argv
 */
export function kernelCommand(connectionFile: string): [command: string, ...args: string[]] {
  const tslab = dirname(createRequire(import.meta.url).resolve("tslab/package.json"));
  return [
    process.execPath,
    "--enable-source-maps",
    "-r",
    fileURLToPath(new URL("./preload.cjs", import.meta.url)),
    join(tslab, "bin", "tslab"),
    "kernel",
    "--config-path",
    connectionFile,
  ];
}
