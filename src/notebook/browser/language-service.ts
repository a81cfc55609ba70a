/** TypeScript's language service on files in memory: the types that cells may use, and the cells as modules. */
import ts from "typescript";
import { CELLS_FOLDER, EDITED, type CellModules } from "./cell-modules.js";

/** The folder of TypeScript's own `lib.*.d.ts` among the files of types. */
export const LIB_FOLDER = "/lib";

/** What a cell in a page has of the language and its surroundings. */
export const CELL_LIBS: readonly string[] = [
  "lib.es2024.d.ts",
  "lib.esnext.disposable.d.ts",
  "lib.webworker.d.ts",
  "lib.webworker.iterable.d.ts",
  "lib.webworker.asynciterable.d.ts",
];

/** How cells find modules: as the package's `exports` say for browsers. */
export const CELL_RESOLUTION: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2024,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  customConditions: ["browser"],
  moduleDetection: ts.ModuleDetectionKind.Force,
  lib: [...CELL_LIBS],
  noEmit: true,
  skipLibCheck: true,
};

/** As tslab checks cells: not strictly. */
const CELL_OPTIONS: ts.CompilerOptions = {
  ...CELL_RESOLUTION,
  strict: false,
  esModuleInterop: true,
  // What cells may import of Node, declared as modules
  types: ["node"],
};

/** A language service, whose edited file is set before it is asked. */
export interface CellService {
  service: ts.LanguageService;
  edit(text: string): void;
}

/** @param types paths → texts of declarations and package.json files, as `typesOfCells` gives them */
export function cellService(types: Readonly<Record<string, string>>, cells: CellModules): CellService {
  const folders = foldersOf(Object.keys(types));
  let edited = "";
  let version = 0;
  const read = (path: string): string | undefined =>
    path === EDITED
      ? edited
      : (cells.files.get(path) ?? (Object.hasOwn(types, path) ? types[path] : undefined));
  const host: ts.LanguageServiceHost = {
    getCompilationSettings: () => CELL_OPTIONS,
    getCurrentDirectory: () => "/",
    getDefaultLibFileName: () => `${LIB_FOLDER}/lib.d.ts`,
    getScriptFileNames: () => [EDITED],
    getScriptVersion: (path) => (path === EDITED ? String(version) : "0"),
    getScriptSnapshot: (path) => {
      const text = read(path);
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
    },
    fileExists: (path) => read(path) !== undefined,
    readFile: read,
    directoryExists: (path) => path === CELLS_FOLDER || folders.has(path),
    getDirectories: (path) => [...(folders.get(path) ?? [])],
  };
  return {
    service: ts.createLanguageService(host),
    edit: (text) => {
      if (text === edited) return;
      edited = text;
      version++;
    },
  };
}

/** Each folder above the paths → the folders in it. */
function foldersOf(paths: readonly string[]): Map<string, Set<string>> {
  const folders = new Map<string, Set<string>>([["/", new Set()]]);
  for (const path of paths) {
    const parts = path.split("/").slice(1, -1);
    for (const [depth, name] of parts.entries()) {
      const above = `/${parts.slice(0, depth).join("/")}`;
      folders.get(above)!.add(name);
      const folder = `/${parts.slice(0, depth + 1).join("/")}`;
      if (!folders.has(folder)) folders.set(folder, new Set());
    }
  }
  return folders;
}
