import { execFile } from "node:child_process";
import { lstat, readdir, realpath } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { findOnPath } from "../../find-on-path.js";
import type { KernelLaunch } from "../../runner/kernel-process.js";
import { examinedVariable } from "../node/parent-examiner.js";

/** What keeps a submission from files, networks and other processes here, and what does not. */
export interface Fence {
  /** The path of bubblewrap's program, where it is installed and works. */
  readonly bubblewrap?: string;
  /** The path of util-linux's, where it is installed. */
  readonly prlimit?: string;
}

export interface Limits {
  readonly memoryMegabytes: number;
  /** Of computing, on all cores together. */
  readonly cpuSeconds: number;
}

/** The package's folder; `src` and `dist` lie equally deep in it. */
const packageRoot = fileURLToPath(new URL("../../../../", import.meta.url));

/** What of the package a submission may read. */
const ownParts = ["dist", "models", "package.json"];

/** What Node with TypeScript and SEAL reserves beside the heap that it is given, used or not. */
const besideHeapMegabytes = 1024;

/** What a Node outside of the project's folder needs to start, where it is there. */
const systemFolders = ["/usr", "/bin", "/lib", "/lib64"];

/** Looks what there is on this machine, and whether it works. */
export async function findFence(env: Readonly<NodeJS.ProcessEnv>): Promise<Fence> {
  const [bubblewrap, prlimit] = await Promise.all([
    working("bwrap", ["--unshare-all", "--ro-bind", "/", "/", "true"], env),
    working("prlimit", ["--core=0", "true"], env),
  ]);
  return { bubblewrap, prlimit };
}

/** In words, for who grades. */
export function describeFence({ bubblewrap, prlimit }: Fence): string {
  const files = "files closed by Node's permission model";
  const memory = prlimit ? "all memory limited" : "the heap's memory limited";
  return bubblewrap
    ? `${files} and bubblewrap, no network, no other process in sight, ${memory}`
    : `${files}; install bubblewrap to close the network too; ${memory}`;
}

/**
 * How a kernel is started within the fence: it reads the library, the packages and its own folder, writes nothing, starts no
 * other process and no thread, and knows nothing of this process's environment.
 */
export async function fenced(
  { bubblewrap, prlimit }: Fence,
  { memoryMegabytes, cpuSeconds }: Limits,
): Promise<Pick<KernelLaunch, "commandLine" | "env">> {
  const readable = await readableFolders();
  return {
    env: { [examinedVariable]: "1", PATH: "/usr/bin:/bin", HOME: "/nonexistent", ORT_DISABLE_TELEMETRY: "1" },
    commandLine: ([node, ...kernel], folder) => [
      ...(prlimit ? [prlimit, ...limitArguments(memoryMegabytes, cpuSeconds)] : []),
      ...(bubblewrap ? [bubblewrap, ...bubblewrapArguments([node, ...readable], folder)] : []),
      ...[node, `--max-old-space-size=${memoryMegabytes}`, "--disable-warning=SecurityWarning"],
      ...[
        "--permission",
        "--allow-addons",
        ...[...readable, folder].map((path) => `--allow-fs-read=${path}`),
      ],
      ...kernel,
    ],
  };
}

/**
 * What limits any process of this kind.
 *
 * @returns arguments of prlimit
 */
export function limitArguments(memoryMegabytes: number, cpuSeconds: number): string[] {
  const dataBytes = (memoryMegabytes + besideHeapMegabytes) * 2 ** 20;
  return [`--data=${dataBytes}`, `--cpu=${cpuSeconds}`, "--core=0", `--fsize=${2 ** 20}`, "--"];
}

function bubblewrapArguments(readable: readonly string[], folder: string): string[] {
  return [
    ...["--unshare-all", "--die-with-parent", "--new-session"],
    ...["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"],
    ...[...systemFolders, ...readable].flatMap((path) => ["--ro-bind-try", path, path]),
    // The kernel makes its sockets there.
    ...["--bind", folder, folder, "--chdir", folder, "--"],
  ];
}

/** The library, models, and the folders of installed packages. What links lead to, such as this project's notebooks, stays closed. */
async function readableFolders(): Promise<string[]> {
  const own = ownParts.map((name) => join(packageRoot, name));
  const modules = packagesFolder();
  const entries = (await readdir(modules)).map((name) => join(modules, name));
  const scoped = await Promise.all(
    entries
      .filter((path) => path.includes(`${sep}@`))
      .map(async (path) => (await readdir(path)).map((name) => join(path, name))),
  );
  const packages = [...entries.filter((path) => !path.includes(`${sep}@`)), ...scoped.flat()];
  const real = await Promise.all(
    packages.map(async (path) => ((await lstat(path)).isSymbolicLink() ? [] : [path])),
  );
  return Promise.all([...own, ...real.flat()].map((path) => realpath(path).catch(() => path)));
}

/** The outermost `node_modules` that tslab lies in. */
function packagesFolder(): string {
  const tslab = dirname(createRequire(import.meta.url).resolve("tslab/package.json"));
  const name = `${sep}node_modules${sep}`;
  return tslab.slice(0, tslab.indexOf(name) + name.length - 1);
}

async function working(
  program: string,
  args: readonly string[],
  env: Readonly<NodeJS.ProcessEnv>,
): Promise<string | undefined> {
  const path = await findOnPath(program, env);
  if (path === undefined) return undefined;
  return new Promise((resolve) => execFile(path, args, (error) => resolve(error ? undefined : path)));
}
