import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { encode } from "fast-png";
import type { InferenceReport } from "../../src/he-ml/service/infer.js";
import type { KernelSpec } from "../../src/notebook/tslab/kernel-spec.js";
import { checkOldNode, lab, run, start } from "./processes.js";
import { teachingParameters, temporaryFolder, writeJson, writeModel } from "./support.js";

// Processes that end sooner: see process.test.ts.
let folder: Awaited<ReturnType<typeof temporaryFolder>>;

beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

test("status 0: results are on stdout, what is said beside them is on stderr", async () => {
  const white = join(folder.path, "white.png");
  await writeFile(white, encode({ width: 6, height: 6, data: new Uint8Array(36).fill(255), channels: 1 }));
  const { status, stdout, stderr } = await run([
    ...["infer", "--model", await writeModel(folder.path), "--image", white, "--json"],
    ...["--parameters", await writeJson(folder.path, "parameters.json", teachingParameters)],
  ]);
  expect(status).toBe(0);
  expect(JSON.parse(stdout) as InferenceReport).toMatchObject({ images: 1, packing: "batch" });
  expect(stderr).toMatch(/^he-ml: --image: [^\n]*light at its edges[^\n]*try --invert\n$/);
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

test.each(["20.19.0", "22.19.9"])(
  "Node %s starts the one that npm brought, and is refused in one line where there is none",
  checkOldNode,
);

test("he-ml lab starts JupyterLab where our kernel is found, with what stands after --", async () => {
  const script = `echo "$@"; cat "$JUPYTER_PATH/kernels/he-ml/kernel.json"; exit 3`;
  const { status, stdout } = await lab(folder.path, "jupyter-lab", script, [
    "--",
    "--no-browser",
    "notebooks",
  ]);
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

test("he-ml lab starts JupyterLab as a module of Python where there is no jupyter-lab", async () => {
  const { status, stdout } = await lab(folder.path, "python3", `echo "$@"`);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^-m jupyterlab /m);
});

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
