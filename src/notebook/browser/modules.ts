/** What a cell in the browser may import, and the sentences that refuse all else. */

/** The package's exports that have an edition for the browser, each with its file in the library's folder. */
const libraries: Readonly<Record<string, string>> = {
  "he-ml": "he-ml.js",
  "he-ml/notebook": "notebook.js",
  "he-ml/exercises": "exercises.js",
  "he-ml/viz": "viz.js",
  "he-ml/train": "train.js",
  "he-ml/onnx": "onnx.js",
  "he-ml/toy-ckks": "toy-ckks.js",
};

/** Modules that the kernel stands in for: a few of Node's, and what tslab gives its cells. */
export const kernelModules = ["node:assert", "node:fs/promises", "node:path", "tslab"] as const;

export type KernelModule = (typeof kernelModules)[number];

/** Where a module that a cell imports is: a file of the library's folder, or the kernel. */
export type ModulePlace = { readonly library: string } | { readonly kernel: KernelModule };

/**
 * @param specifier as the cell has it; Node's modules with or without `node:`
 * @throws Error that says what to do, for whatever a cell in the browser cannot import
 * @example modulePlace("he-ml/toy-ckks") // { library: "toy-ckks.js" }
 */
export function modulePlace(specifier: string): ModulePlace {
  if (Object.hasOwn(libraries, specifier)) return { library: libraries[specifier]! };
  const kernel = kernelModules.find((name) => name === specifier || name === `node:${specifier}`);
  if (kernel) return { kernel };
  const known = [...Object.keys(libraries), ...kernelModules].join(", ");
  throw new Error(
    `import: expected one of ${known}, got "${specifier}", which a page does not have; ` +
      "install he-ml and open the notebook with tslab",
  );
}

/**
 * Refuses names that a module does not export, which JavaScript's own import would refuse, too.
 *
 * @throws SyntaxError that names the first one missing
 */
export function requireExports(specifier: string, module: object, wanted: readonly string[]): void {
  const missing = wanted.find((name) => !(name in module));
  if (missing !== undefined)
    throw new SyntaxError(
      `import: expected an export of "${specifier}", got "${missing}"; look at its spelling, or write "import type" if it is a type`,
    );
}
