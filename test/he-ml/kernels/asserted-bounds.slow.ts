import { beforeAll, expect, test } from "@jest/globals";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { DoubleKernels, IntegerKernels, Kernels } from "../../../src/he-ml/kernels/load-kernels.js";
import { KernelMemory } from "../../../src/he-ml/kernels/kernel-memory.js";
import type { WasmMemory } from "../../../src/he-ml/kernels/web-assembly.js";
import { compileKernels } from "../../../scripts/build-kernels.mjs";
import { temporaryFolder } from "../../cli/support.js";
import { describeRings } from "./describe-rings.js";
import { polynomials } from "./rings.js";

// The kernels in a build that asserts every bound of their docstrings, where the one that is shipped asserts nothing.
let folder: string;
beforeAll(async () => {
  folder = (await temporaryFolder()).path;
  for (const name of ["doubles", "integers"])
    await compileKernels(name, "", join(folder, `${name}.wasm`), []);
});

async function load(memory: WasmMemory): Promise<Kernels> {
  const instance = async (name: string) => {
    const module = await WebAssembly.compile(await readFile(join(folder, `${name}.wasm`)));
    const abort = (_: number, __: number, line: number) => {
      throw new Error(`a bound does not hold in ${name}, line ${line}`);
    };
    return (await WebAssembly.instantiate(module, { env: { memory, abort } as never })).exports as unknown;
  };
  return {
    doubles: (await instance("doubles")) as DoubleKernels,
    integers: (await instance("integers")) as IntegerKernels,
  };
}

const names = Object.keys(polynomials);
describeRings({ degree: 1024, bits: [60, 52, 51, 50, 49, 20], names, load });
describeRings({ degree: 2048, bits: [60, 52, 50], names, load });
describeRings({ degree: 8192, bits: [60, 52, 50], names, load });

test("the assertions are there: a value that is too large is refused", async () => {
  const memory = new KernelMemory(1024);
  const { doubles } = await load(memory.memory);
  const [to, a] = memory.takeMany(2);
  memory.doublesAt(a).fill(2 ** 54);
  expect(() => doubles!.add(to, a, a, 1024, 12289)).toThrow("a bound does not hold in doubles");
});
