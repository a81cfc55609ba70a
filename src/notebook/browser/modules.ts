/** What a cell in the browser may import, and the sentences that refuse all else. */

/** The package's exports that have an edition for the browser, each with its file in the library's folder. */
const LIBRARIES: Readonly<Record<string, string>> = {
  "he-ml": "he-ml.js",
  "he-ml/onnx": "onnx.js",
  "he-ml/toy-ckks": "toy-ckks.js",
};

/**
 * The file, within the library's folder, of what a cell imports.
 *
 * @throws Error that says what to do, for whatever a cell in the browser cannot import
 * @example libraryFile("he-ml/toy-ckks") // "toy-ckks.js"
 */
export function libraryFile(specifier: string): string {
  const file = Object.hasOwn(LIBRARIES, specifier) ? LIBRARIES[specifier] : undefined;
  if (file) return file;
  const known = Object.keys(LIBRARIES).join(", ");
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
