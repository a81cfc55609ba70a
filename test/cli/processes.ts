import { expect } from "@jest/globals";
import { spawn, type ChildProcess, type SpawnOptions } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Finished } from "./he-ml.js";

const command = fileURLToPath(new URL("../../bin/he-ml.js", import.meta.url));

export interface Running {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
}

/** Starts the built command as a process of its own. */
export function start(
  args: readonly string[],
  nodeArgs: readonly string[] = [],
  options: SpawnOptions = {},
): Running {
  const child = spawn(process.execPath, [...nodeArgs, command, ...args], { ...options, stdio: "pipe" });
  const output = { stdout: "", stderr: "" };
  child.stdout!.on("data", (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr!.on("data", (chunk: Buffer) => (output.stderr += chunk.toString()));
  const finished = once(child, "close").then(([status]) => ({ status: status as number | null, ...output }));
  return { child, finished };
}

export const run = (args: readonly string[]): Promise<Finished> => start(args).finished;

const pretend = (version: string, arch: string = process.arch) => {
  const versions = `Object.defineProperty(process, "versions", { value: { node: "${version}" } });`;
  const platform = `Object.defineProperty(process, "arch", { value: "${arch}" });`;
  return ["--import", `data:text/javascript,${encodeURIComponent(versions + platform)}`];
};

/** Under a Node that cannot run it, the command starts the one that npm brought, and is refused where there is none. */
export async function checkOldNode(version: string): Promise<void> {
  const brought = await start(["--version"], pretend(version)).finished;
  expect(brought).toEqual({ status: 0, stdout: "0.1.0\n", stderr: "" });
  const { status, stdout, stderr } = await start(["--version"], pretend(version, "vax")).finished;
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toMatch(new RegExp(`^he-ml: Node ${version} cannot run it: expected 22\\.20 [^\\n]+\\n$`));
}

/** Runs `he-ml lab` with nothing on the PATH but a program of this name, and the shell's own. */
export async function lab(
  folder: string,
  name: string,
  script: string,
  args: readonly string[] = [],
): Promise<Finished> {
  const bin = join(folder, `bin-${name}`);
  await mkdir(bin);
  for (const tool of ["sh", "cat"]) await symlink(`/bin/${tool}`, join(bin, tool));
  await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`);
  await chmod(join(bin, name), 0o755);
  return start(["lab", ...args], [], { env: { PATH: bin, TMPDIR: folder } }).finished;
}
