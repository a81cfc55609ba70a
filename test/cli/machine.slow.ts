import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { temporaryFolder, waves, writeJson, writeModel } from "./support.js";

const run = promisify(execFile);
const command = resolve("bin/he-ml.js");

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let model: string;
let input: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  model = await writeModel(folder.path);
  input = await writeJson(folder.path, "image.json", waves(36, 1));
});
afterAll(() => folder.remove());

interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** By a shell, so that its streams can be led elsewhere. */
async function inShell(args: string, env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const line = `"${process.execPath}" "${command}" ${args}`;
  return run("sh", ["-c", line], { env: { ...process.env, ...env } }).then(
    ({ stdout, stderr }) => ({ status: 0, stdout, stderr }),
    ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({
      status: code,
      stdout,
      stderr,
    }),
  );
}

describe("on an unusual machine", () => {
  test("of 32 cores", async () => {
    const cores = join(folder.path, "cores.cjs");
    await writeFile(
      cores,
      `require("node:os").availableParallelism = () => 32; require("node:module").syncBuiltinESMExports();`,
    );
    const { status, stdout } = await inShell(
      `infer --model ${model} --input ${input} --packing packed --json`,
      { NODE_OPTIONS: `--require ${cores}` },
    );
    expect(status).toBe(0);
    expect((JSON.parse(stdout) as { threads: number }).threads).toBe(2);
  }, 120_000);

  test.each([
    { XDG_CACHE_HOME: "" },
    { XDG_CACHE_HOME: "/proc/none" },
    { XDG_CACHE_HOME: "", HOME: "/proc/none" },
  ])(
    "with the cache at %j",
    async (env) => {
      const { status, stderr } = await inShell(`explain --model ${model}`, { HOME: folder.path, ...env });
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    },
    120_000,
  );

  test("a full disk: one line, and what was there or was printed stays", async () => {
    const full = await inShell(`explain --model ${model} > /dev/full`);
    expect(full.status).toBe(1);
    expect(full.stderr).toMatch(/^he-ml: failed: standard output cannot be written: ENOSPC[^\n]*\n$/);
    expect(await inShell(`inspect nope 2> /dev/full`)).toMatchObject({ status: 2 });
    const spec = await inShell(`explain --model ${model} --client-spec /dev/full`);
    expect(spec.stderr).toMatch(/^he-ml: failed: "\/dev\/full" could not be written: ENOSPC[^\n]*\n$/);
    expect(spec.status).toBe(1);
    expect(spec.stdout).toContain("128-bit security");
    const nowhere = await inShell(`explain --model ${model} --client-spec /proc/none/spec.json`);
    expect(nowhere).toMatchObject({ status: 2, stdout: "" });
  }, 120_000);
});

test("onnxruntime's telemetry leaves nothing in the user's folders", async () => {
  const home = join(folder.path, "home");
  await mkdir(home);
  const library = pathToFileURL(resolve("dist/he-ml/node/onnx/index.js")).href;
  const script = `
    import { onnxSession } from ${JSON.stringify(library)};
    const session = await onnxSession(${JSON.stringify(model)});
    await session.run({ shape: [1, 1, 6, 6], data: new Float64Array(36) });
    await session.release();`;
  // Nothing else of the environment: onnxruntime is silent by itself where a variable names a CI (CI, GITHUB_ACTIONS, …).
  const surroundings = { PATH: process.env.PATH, HOME: home, XDG_CACHE_HOME: join(home, ".cache") };
  const start = (code: string) =>
    run(process.execPath, ["--input-type=module", "-e", code], { env: surroundings });
  await start(script);
  expect(await readdir(home, { recursive: true })).toEqual([]);
  // Proof that this would see it.
  const bare = `
    import ort from ${JSON.stringify(pathToFileURL(resolve("node_modules/onnxruntime-node/dist/index.js")).href)};
    await (await ort.InferenceSession.create(${JSON.stringify(model)})).release();`;
  await start(bare);
  expect((await readdir(home, { recursive: true })).join()).toMatch(/deviceid/);
}, 120_000);

test("a notebook on a full disk stays whole", async () => {
  // A limit on the size of files stands for the disk.
  const notebook = join(folder.path, "own.ipynb");
  const source = `console.log("x".repeat(200000));`;
  const cells = [{ cell_type: "code", id: "a", metadata: {}, source, outputs: [], execution_count: null }];
  const content = JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells });
  await writeFile(notebook, content);
  const limited = `ulimit -f 100; trap '' XFSZ; exec "${process.execPath}" "${command}" run --out "${folder.path}" "${notebook}"`;
  const error = await run("sh", ["-c", limited]).then(
    () => undefined,
    (thrown: unknown) => thrown as { code: number; stderr: string },
  );
  expect(error?.stderr).toMatch(/he-ml: failed: ".*own\.ipynb" could not be written: EFBIG[^\n]*\n$/);
  expect(error?.code).toBe(1);
  expect(await readFile(notebook, "utf8")).toBe(content);
  expect((await readdir(folder.path)).filter((name) => name.startsWith(".own"))).toEqual([]);
}, 120_000);
