/** The declarations that completion in a live notebook knows: the library's for browsers, the language's, and a few of Node. */
import { readFile } from "node:fs/promises";
import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { InputError } from "../he-ml/errors.js";
import { CELL_RESOLUTION, LIB_FOLDER } from "../notebook/browser/language-service.js";
import { browserExports } from "./library-bundle.js";
import { nodeTypes } from "./node-types.js";

/** The package's folder, with slashes and none at its end, as TypeScript writes paths. */
const root = fileURLToPath(new URL("../..", import.meta.url))
  .replaceAll("\\", "/")
  .replace(/\/$/, "");

/** Where the package itself lies for the language service. */
const OWN_FOLDER = "/node_modules/he-ml";

/** Packages whose types stay out, and are `any`: Plotly's alone are a third of all, for figures that few cells write. */
const LEFT_OUT: readonly string[] = ["plotly.js-dist-min"];

/** What finding a module reads of a package.json. */
const PACKAGE_FIELDS: readonly string[] = ["name", "type", "exports", "types", "typings", "main"];

/**
 * The types that cells in a page may use, for `createLanguage`: all declarations that are reachable from the package's
 * exports for browsers, and the package.json files by which they are found. The package must be built.
 *
 * @returns paths in a file system of its own (`/node_modules/…`, `/lib/…`) → texts
 * @throws InputError if an export has no declarations
 */
export async function typesOfCells(): Promise<Record<string, string>> {
  const types: Record<string, string> = { "/node_modules/@types/node/index.d.ts": nodeTypes };
  const packages = new Map<string, string>();
  const subpaths = await browserExports();
  for (const { fileName, text } of reachable(subpaths)) {
    const path = virtualPath(fileName);
    const folder = /^\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path);
    if (folder?.[1] && LEFT_OUT.includes(folder[1])) continue;
    types[path] = text;
    if (folder) packages.set(folder[0], realFolder(folder[0], path, fileName));
  }
  for (const [folder, real] of packages)
    types[`${folder}/package.json`] = JSON.stringify(
      await packageFields(`${real}/package.json`, folder === OWN_FOLDER ? subpaths : undefined),
    );
  return types;
}

/** The declarations that the package's exports lead to. */
function reachable(subpaths: readonly string[]): readonly ts.SourceFile[] {
  const options = { ...CELL_RESOLUTION, types: [] };
  const entries = subpaths.map((subpath) => {
    const specifier = subpath.replace(/^\./, "he-ml");
    const { resolvedModule } = ts.resolveModuleName(specifier, `${root}/cell.ts`, options, ts.sys);
    if (resolvedModule) return resolvedModule.resolvedFileName;
    throw new InputError(
      `types of cells: expected the declarations of ${specifier}; build the package first`,
    );
  });
  return ts.createProgram(entries, options).getSourceFiles();
}

/** Where a declaration lies for the language service. */
function virtualPath(path: string): string {
  const libraries = posix.dirname(ts.getDefaultLibFilePath({}));
  if (path.startsWith(`${libraries}/`)) return LIB_FOLDER + path.slice(libraries.length);
  const own = path.startsWith(`${root}/`) ? path.slice(root.length) : undefined;
  return own && !own.startsWith("/node_modules/")
    ? OWN_FOLDER + own
    : path.slice(path.lastIndexOf("/node_modules/"));
}

/** The folder of the package that has a declaration: that of the checkout need not be named as the package is. */
const realFolder = (folder: string, path: string, real: string): string =>
  folder === OWN_FOLDER ? root : real.slice(0, real.length - path.length + folder.length);

/** @param subpaths the exports that cells may import; all if left out */
async function packageFields(file: string, subpaths?: readonly string[]): Promise<Record<string, unknown>> {
  const all = JSON.parse(await readFile(file, "utf8")) as Record<string, unknown>;
  const fields = Object.fromEntries(PACKAGE_FIELDS.map((field) => [field, all[field]]));
  if (!subpaths) return fields;
  const kept = Object.entries(all["exports"] as object).filter(([subpath]) => subpaths.includes(subpath));
  return { ...fields, exports: Object.fromEntries(kept) };
}
