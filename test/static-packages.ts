import { build } from "esbuild";
import { isBuiltin } from "node:module";

/** The packages that importing a file of the project loads at once: those behind an `import()` are not among them. */
export async function staticPackages(entry: string): Promise<string[]> {
  const { metafile } = await build({
    entryPoints: [entry],
    bundle: true,
    packages: "external",
    platform: "node",
    format: "esm",
    outdir: "out/static-packages",
    write: false,
    metafile: true,
    logLevel: "silent",
  });
  const seen = new Set<string>();
  const packages = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const { path, kind, external } of metafile.inputs[file].imports) {
      if (kind === "dynamic-import") continue;
      if (!external) visit(path);
      else if (!isBuiltin(path) && !path.startsWith("#")) packages.add(packageOf(path));
    }
  };
  visit(entry);
  return [...packages].sort();
}

/** @example packageOf("@noble/hashes/sha2.js") // "@noble/hashes" */
function packageOf(path: string): string {
  return path
    .split("/")
    .slice(0, path.startsWith("@") ? 2 : 1)
    .join("/");
}
