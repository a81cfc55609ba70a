// Compiles the kernels, AssemblyScript, to WebAssembly: beside their sources, for tests, and in dist. Each is built twice, for
// a memory of its own and for one that threads share. What is newer than its sources is left as it is.
import { copyFile, mkdir, readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const folder = join(root, "src/he-ml/kernels");
const assembly = join(folder, "assembly");

/** WebAssembly's 4 GiB, in pages of 64 KiB. */
export const mostPages = 65536;

const memories = { "": [], "-shared": ["--sharedMemory", "--enable", "threads"] };
const features = { doubles: ["--enable", "simd", "--enable", "relaxed-simd"], integers: [] };

/** @param options further ones of the compiler, such as those of a build that checks its bounds */
export async function compileKernels(name, memory, outFile, options = ["--noAssert"]) {
  const { main } = await import("assemblyscript/asc");
  const { error, stderr } = await main([
    join(assembly, `${name}.ts`),
    ...["--outFile", outFile, "--runtime", "stub", "--importMemory", "--maximumMemory", String(mostPages)],
    ...["--optimizeLevel", "3", "--shrinkLevel", "0", "--disableWarning", "112"],
    ...[...features[name], ...memories[memory], ...options],
  ]);
  if (error) throw new Error(`kernels: ${name} does not compile:\n${stderr}`);
}

const timeOf = (file) =>
  stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );

async function build() {
  const sources = (await readdir(assembly)).map((name) => join(assembly, name));
  const newest = Math.max(...(await Promise.all([...sources, fileURLToPath(import.meta.url)].map(timeOf))));
  const target = join(root, "dist/he-ml/kernels");
  await mkdir(target, { recursive: true });
  for (const name of Object.keys(features)) {
    for (const memory of Object.keys(memories)) {
      const file = `${name}${memory}.wasm`;
      if ((await timeOf(join(folder, file))) < newest) {
        await compileKernels(name, memory, join(folder, file));
      }
      await copyFile(join(folder, file), join(target, file));
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await build();
