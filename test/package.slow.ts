import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { temporaryFolder } from "./cli/support.js";
import { root, runElsewhere } from "./elsewhere.js";
import { promisedOutput, readmeExamples } from "./readme-examples.js";

const minutes = 60_000;

let user: Awaited<ReturnType<typeof temporaryFolder>>;

const run = (command: string, args: readonly string[], cwd = user.path) => runElsewhere(command, args, cwd);

async function mustRun(command: string, args: readonly string[], cwd?: string): Promise<string> {
  const { status, stdout, stderr } = await run(command, args, cwd);
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: status ${status}\n${stdout}${stderr}`);
  return stdout;
}

const [example] = readmeExamples;

beforeAll(async () => {
  user = await temporaryFolder();
  await writeFile(join(user.path, "package.json"), JSON.stringify({ private: true, type: "module" }));
  const packed = await mustRun(
    "npm",
    ["pack", "--silent", "--ignore-scripts", "--pack-destination", user.path],
    root,
  );
  const tarball = packed.trim().split("\n").at(-1)!;
  await mustRun("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", `./${tarball}`]);
}, 5 * minutes);

afterAll(() => user.remove());

describe("the package, installed in an empty folder", () => {
  test("holds what runs and the models, no sources and no tests", async () => {
    const folder = join(user.path, "node_modules", "he-ml");
    expect((await readdir(folder)).sort()).toEqual([
      "LICENSE",
      "README.md",
      "bin",
      "dist",
      "models",
      "package.json",
    ]);
    const files = await readdir(join(folder, "dist"), { recursive: true });
    expect(files).toContain(join("he-ml", "index.d.ts"));
    for (const name of ["doubles", "integers", "doubles-shared", "integers-shared"]) {
      expect(files).toContain(join("he-ml", "kernels", `${name}.wasm`));
    }
    expect(files.filter((file) => file.endsWith(".map"))).toEqual([]);
  });

  test("comes without the packages that only some need", async () => {
    const { peerDependencies } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as {
      peerDependencies: Readonly<Record<string, string>>;
    };
    const installed = await readdir(join(user.path, "node_modules"), { recursive: true });
    expect(installed).toContain("node-seal");
    expect(installed.filter((name) => name in peerDependencies)).toEqual([]);
  });

  test(
    "runs the README's first example",
    async () => {
      await writeFile(join(user.path, "example.mjs"), example);
      const printed = await mustRun("npx", ["node", "example.mjs"]);
      expect(printed.trim().split("\n")).toEqual(promisedOutput(example));
    },
    2 * minutes,
  );

  test(
    "is imported whole; what needs more says what to install when it is used",
    async () => {
      const code = `
        import "he-ml";
        import "he-ml/notebook";
        import { runOnnx } from "he-ml/onnx";
        import { buildNetwork, loadTestImages } from "he-ml/train";
        import { renderSvg } from "he-ml/viz";
        console.log((await loadTestImages("mnist", [0])).labels.join());
        const uses = [
          () => buildNetwork("lenet1", 1),
          () => renderSvg({ data: [], layout: {} }),
          () => runOnnx(new Uint8Array(1)),
        ];
        for (const use of uses) {
          await Promise.resolve().then(use).catch(({ name, message }) => console.log(name, message));
        }`;
      await writeFile(join(user.path, "subpaths.mjs"), code);
      const lines = (await mustRun("npx", ["node", "subpaths.mjs"])).trim().split("\n");
      expect(lines).toEqual([
        "7",
        expect.stringMatching(/^InputError training needs .*; npm install .*@tensorflow\/tfjs-core@4/),
        expect.stringMatching(/^InputError plots need .*; npm install .*plotly\.js-dist-min@4/),
        expect.stringMatching(/^InputError running ONNX files needs .*; npm install .*onnxruntime-node@1/),
      ]);
    },
    2 * minutes,
  );

  test.each([
    ["node16", "node16"],
    ["nodenext", "nodenext"],
    ["esnext", "bundler"],
  ])(
    "has types that are checked without skipLibCheck, with and without the DOM, module %s",
    async (module, moduleResolution) => {
      await writeFile(join(user.path, "example.mts"), example);
      const subpaths = ["", "/exercises", "/notebook", "/onnx", "/toy-ckks", "/train", "/viz"];
      const imports = subpaths.map((path, i) => `export * as part${i} from "he-ml${path}";\n`).join("");
      await writeFile(join(user.path, "subpaths.mts"), imports);
      for (const dom of [[], ["dom"]]) {
        const compilerOptions = {
          ...{ strict: true, skipLibCheck: false, noEmit: true, target: "es2022" },
          ...{ module, moduleResolution, lib: ["esnext", "esnext.disposable", ...dom] },
        };
        const files = ["example.mts", "subpaths.mts"];
        await writeFile(join(user.path, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
        await mustRun(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", "."]);
      }
    },
    2 * minutes,
  );
});

describe("the installed command", () => {
  test("tells its commands", async () => {
    expect(await mustRun("npx", ["he-ml", "--help"])).toMatch(/infer[\s\S]*inspect[\s\S]*train/);
  });

  test("inspects a model that comes with the package", async () => {
    expect(await mustRun("npx", ["he-ml", "inspect", "lenet1"])).toContain('model "lenet1": 8 layers');
  });

  test(
    "classifies an encrypted image, and says that the plain logits are not onnxruntime's",
    async () => {
      const source = ["--model", "mnist-small", "--dataset", "mnist", "--index", "0", "--packing", "packed"];
      const { status, stdout, stderr } = await run("npx", ["he-ml", "infer", ...source]);
      const kernel = await mustRun("npx", ["he-ml", "infer", ...source, "--evaluator", "kernel"]);
      expect(kernel).toMatch(
        /classified while encrypted by mnist-small: 7[^]*evaluator kernel .*self-test passed/,
      );
      expect(stderr).toMatch(/^he-ml: onnxruntime-node is not installed: .* HE-ML's own/m);
      expect(stdout).toContain("classified while encrypted by mnist-small: 7, as labelled");
      expect(status).toBe(0);
    },
    2 * minutes,
  );

  test.each([
    ["plots", ["infer", "--model", "mnist-small", "--dataset", "mnist", "--report", "report.html"]],
    ["notebooks", ["lab"]],
    ["training", ["train", "--arch", "breast-cancer", "--dataset", "breast-cancer", "--out", "trained"]],
  ])("says in one line what %s need, with status 2", async (feature, args) => {
    const { status, stdout, stderr } = await run("npx", ["he-ml", ...args]);
    const lines = stderr.split("\n").filter((line) => line.startsWith("he-ml: "));
    expect(lines).toEqual([
      expect.stringMatching(new RegExp(`^he-ml: ${feature} needs? .*; npm install --ignore-scripts \\S+@`)),
    ]);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  });
});
