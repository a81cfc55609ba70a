import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { execFile } from "node:child_process";
import { cp, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { temporaryFolder } from "../../cli/support.js";

let copy: Awaited<ReturnType<typeof temporaryFolder>>;

/** A copy of what is built, from which files can be taken away. */
beforeAll(async () => {
  copy = await temporaryFolder();
  for (const name of ["package.json", "dist"]) await cp(name, join(copy.path, name), { recursive: true });
  await symlink(join(process.cwd(), "node_modules"), join(copy.path, "node_modules"));
});
afterAll(() => copy.remove());

/** Infers in a process of its own, planned for the kernels, and tells what computed and how far off it is. */
async function inferred(flags: readonly string[], options: object = {}) {
  const index = new URL(`file://${join(copy.path, "dist/he-ml/node/index.js")}`).href;
  const code = `
    const { checkParameters, compile, infer, tensor } = await import(${JSON.stringify(index)});
    const weights = tensor([2, 4], [0.5, -0.25, 1, 0.75, -1, 0.5, 0.25, 1]);
    const model = { name: "two", inputShape: [4], layers: [
      { kind: "linear", name: "fc1", weights },
      { kind: "square", name: "square1" },
    ] };
    const parameters = checkParameters({
      polyModulusDegree: 1024, coeffModulusBits: [50, 48, 50, 60], scaleBits: 24, security: "teaching",
    });
    const program = await compile(model, { packing: "batch", parameters, evaluator: "kernel" });
    const images = tensor([2, 4], [1, 0.5, -0.5, 0.25, 0, 1, 1, -1]);
    try {
      const { evaluator, layers, results } = await infer(program, images, { threads: 1, ...${JSON.stringify(options)} });
      const maxAbsError = Math.max(...results.map((result) => result.maxAbsError));
      console.log(JSON.stringify({ ...evaluator, traced: layers[1].evaluator, isRight: maxAbsError < 1e-3 }));
    } catch (error) {
      console.log(JSON.stringify({ name: error.name, message: error.message }));
    }`;
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...flags,
    "--input-type=module",
    "-e",
    code,
  ]);
  return JSON.parse(stdout) as unknown;
}

const integers = ["i64", "i64", "i64", "i64"];

test("doubles compute where the machine multiplies and adds at once", async () => {
  expect(await inferred([])).toEqual({
    evaluator: "kernel",
    kinds: ["f64", "f64", "f64", "i64"],
    reason: "as planned for; self-test passed",
    traced: "kernel",
    isRight: true,
  });
});

test("integers compute where it does not", async () => {
  expect(await inferred(["--no-enable-fma3"])).toEqual({
    evaluator: "kernel",
    kinds: integers,
    reason: "as planned for; WebAssembly has no fused multiplication and addition here",
    traced: "kernel",
    isRight: true,
  });
});

test("without the kernels' files SEAL computes, unless the kernels were asked for", async () => {
  await rm(join(copy.path, "dist/he-ml/kernels/doubles.wasm"));
  expect(await inferred([])).toMatchObject({ evaluator: "kernel", kinds: integers, isRight: true });
  await rm(join(copy.path, "dist/he-ml/kernels/integers.wasm"));
  const reason = /^the kernels cannot be used: .*integers\.wasm/;
  expect(await inferred([])).toEqual({
    evaluator: "seal",
    reason: expect.stringMatching(reason),
    traced: "seal",
    isRight: true,
  });
  expect(await inferred([], { evaluator: "kernel" })).toEqual({
    name: "InputError",
    message: expect.stringMatching(/^evaluator "kernel": the kernels cannot be used: .*; choose "seal"/),
  });
});
