import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { spawn, type ChildProcess, type SpawnOptions } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { encode } from "fast-png";
import type { InferenceReport } from "../../src/he-ml/service/infer.js";
import type { KernelSpec } from "../../src/notebook/tslab/kernel-spec.js";
import type { Finished } from "./he-ml.js";
import { teachingParameters, temporaryFolder, writeJson, writeModel } from "./support.js";

const command = fileURLToPath(new URL("../../bin/he-ml.js", import.meta.url));

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let infer: readonly string[];

beforeAll(async () => {
  folder = await temporaryFolder();
  const white = join(folder.path, "white.png");
  await writeFile(white, encode({ width: 6, height: 6, data: new Uint8Array(36).fill(255), channels: 1 }));
  infer = [
    ...["infer", "--model", await writeModel(folder.path)],
    ...["--image", white],
    ...["--parameters", await writeJson(folder.path, "parameters.json", teachingParameters)],
  ];
});
afterAll(() => folder.remove());

interface Running {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
}

/** Starts the built command as a process of its own. */
function start(
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

const run = (args: readonly string[]): Promise<Finished> => start(args).finished;

describe("the command as a process", () => {
  test("status 0: results are on stdout, what is said beside them is on stderr", async () => {
    const { status, stdout, stderr } = await run([...infer, "--json"]);
    expect(status).toBe(0);
    expect(JSON.parse(stdout) as InferenceReport).toMatchObject({ images: 1, packing: "batch" });
    expect(stderr).toMatch(/^he-ml: --image: [^\n]*try --invert\n$/);
  });

  test("no library that trains says anything of its own", async () => {
    const out = join(folder.path, "trained");
    const { status, stdout, stderr } = await run([
      ...["train", "--arch", "breast-cancer", "--dataset", "breast-cancer", "--out", out],
      ...["--epochs", "1", "--backend", "wasm"],
    ]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/^[^\n]+ % of 114 test images after [^\n]+ of training \(wasm\)\n$/);
  });

  test("status 1: the work failed", async () => {
    const notebook = await writeJson(folder.path, "stale.ipynb", {
      ...{ nbformat: 4, nbformat_minor: 5, metadata: {} },
      cells: [
        { cell_type: "code", id: "one", metadata: {}, source: "1", outputs: [], execution_count: null },
      ],
    });
    const { status, stdout, stderr } = await run(["run", "--check", notebook]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toMatch(/^he-ml: [^\n]*stale\.ipynb: it has no outputs of a whole run [^\n]+\n$/);
  });

  test("status 2: the input cannot be used", async () => {
    const { status, stdout, stderr } = await run(["inspect", "nope"]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^he-ml: [^\n]*there is no model "nope"[^\n]*\n$/);
  });

  test("status 130: Ctrl-C ends its work", async () => {
    const reports = join(folder.path, "reports");
    const { child, finished } = start([
      ...["infer", "--model", "lenet1", "--dataset", "mnist", "--report", join(reports, "report.html")],
    ]);
    // It makes the report's folder before the work, which takes it many seconds.
    while (!(await exists(reports))) await setTimeout(20);
    child.kill("SIGINT");
    expect(await finished).toEqual({ status: 130, stdout: "", stderr: "he-ml: interrupted\n" });
  });

  test("a reader who has seen enough is no failure", async () => {
    const { child, finished } = start(["inspect", "lenet1", "--json"]);
    child.stdout!.destroy();
    expect(await finished).toEqual({ status: 0, stdout: "", stderr: "" });
  });

  const pretend = (version: string, arch: string = process.arch) => {
    const versions = `Object.defineProperty(process, "versions", { value: { node: "${version}" } });`;
    const platform = `Object.defineProperty(process, "arch", { value: "${arch}" });`;
    return ["--import", `data:text/javascript,${encodeURIComponent(versions + platform)}`];
  };

  test.each(["20.19.0", "22.19.9", "24.17.0"])(
    "Node %s starts the one that npm brought, and is refused in one line where there is none",
    async (version) => {
      const brought = await start(["--version"], pretend(version)).finished;
      expect(brought).toEqual({ status: 0, stdout: "0.1.0\n", stderr: "" });
      const { status, stdout, stderr } = await start(["--version"], pretend(version, "vax")).finished;
      expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
      expect(stderr).toMatch(
        new RegExp(`^he-ml: Node ${version} cannot run it: expected 22\\.20 [^\\n]+\\n$`),
      );
    },
  );
});

describe("he-ml lab, which gives its own streams to JupyterLab", () => {
  /** With nothing on the PATH but this program, and the shell's own. */
  async function lab(name: string, script: string, args: readonly string[] = []): Promise<Finished> {
    const bin = join(folder.path, `bin-${name}`);
    await mkdir(bin);
    for (const tool of ["sh", "cat"]) await symlink(`/bin/${tool}`, join(bin, tool));
    await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(bin, name), 0o755);
    return start(["lab", ...args], [], { env: { PATH: bin, TMPDIR: folder.path } }).finished;
  }

  test("starts JupyterLab where our kernel is found, with what stands after --", async () => {
    const script = `echo "$@"; cat "$JUPYTER_PATH/kernels/he-ml/kernel.json"; exit 3`;
    const { status, stdout } = await lab("jupyter-lab", script, ["--", "--no-browser", "notebooks"]);
    expect(status).toBe(3);
    const [args, ...spec] = stdout.split("\n");
    expect(args).toMatch(/--no-browser notebooks$/);
    const { argv, ...rest } = JSON.parse(spec.join("\n")) as KernelSpec;
    expect(rest).toEqual({
      display_name: "TypeScript (HE-ML)",
      language: "typescript",
      interrupt_mode: "signal",
      metadata: {},
    });
    expect(argv).toContain("{connection_file}");
    for (const path of argv.filter((argument) => argument.startsWith("/"))) await readFile(path);
  });

  test("starts it as a module of Python where there is no jupyter-lab", async () => {
    const { status, stdout } = await lab("python3", `echo "$@"`);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^-m jupyterlab /m);
  });
});

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
