import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { execFile } from "node:child_process";
import { chmod, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { KernelSpec } from "../../../src/notebook/tslab/kernel-spec.js";
import type { Finished } from "../../cli/support.js";
import { root, TestFolder } from "../support.js";

let folder: TestFolder;
beforeAll(async () => (folder = await TestFolder.create()));
afterAll(() => folder.remove());

/** `he-ml lab` with nothing on the PATH but these programs. */
async function lab(programs: Record<string, string>, args: readonly string[] = []): Promise<Finished> {
  const bin = join(folder.path, `bin-${Object.keys(programs).join("-")}`);
  await mkdir(bin, { recursive: true });
  for (const tool of ["sh", "cat"]) await symlink(`/bin/${tool}`, join(bin, tool)).catch(() => undefined);
  for (const [name, script] of Object.entries(programs)) {
    await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(bin, name), 0o755);
  }
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [join(root, "bin/he-ml.js"), "lab", ...args],
      { env: { PATH: bin, TMPDIR: folder.path } },
      (error, stdout, stderr) => resolve({ status: error ? (error.code as never) : 0, stdout, stderr }),
    );
  });
}

describe("he-ml lab", () => {
  test("starts JupyterLab where our kernel is found, with what stands after --", async () => {
    const script = `echo "$@"; cat "$JUPYTER_PATH/kernels/he-ml/kernel.json"; exit 3`;
    const { status, stdout } = await lab({ "jupyter-lab": script }, ["--", "--no-browser", "notebooks"]);
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
    const { status, stdout } = await lab({ python3: `echo "$@"` });
    expect(status).toBe(0);
    expect(stdout).toMatch(/^-m jupyterlab /m);
  });

  test("says in one line what to install where there is none", async () => {
    const { status, stdout, stderr } = await lab({ python3: "exit 1" });
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(
      /^he-ml: lab: JupyterLab is not installed; .*pip install jupyterlab plotly[^\n]*\n$/,
    );
  });

  test("--install writes the kernel spec and starts nothing", async () => {
    const { status, stdout } = await lab({}, ["--install", join(folder.path, "share")]);
    const path = join(folder.path, "share/kernels/he-ml/kernel.json");
    expect({ status, stdout }).toEqual({ status: 0, stdout: `${path}\n` });
    expect(JSON.parse(await readFile(path, "utf8"))).toMatchObject({ language: "typescript" });
  });
});
