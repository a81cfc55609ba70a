/**
 * Cells as modules, for the language service: each exports its names, and takes those of earlier cells that it does not
 * declare itself, so that a name may be declared anew with another type.
 */
import ts from "typescript";
import { declaredNames, type DeclaredName } from "./declared-names.js";

/** The file of the cell that is being edited. */
export const EDITED = "/cell.ts";

/** Where the modules of cells that ran lie. */
export const CELLS_FOLDER = "/cells";

/** A name's kind, and the module that exports it. */
interface Origin {
  module: string;
  kind: DeclaredName["kind"];
}

/** Where names come from: a value and a type of one name may be of two cells. */
interface Names {
  values: ReadonlyMap<string, Origin>;
  types: ReadonlyMap<string, Origin>;
}

/** A cell's module; its first line is ours. */
export interface CellModule {
  text: string;
  /** Where the cell's own code begins in `text`. */
  offset: number;
}

export class CellModules {
  /** Paths of the cells that ran → their modules. */
  readonly files = new Map<string, string>();
  #names: Names = { values: new Map(), types: new Map() };

  /** Keeps the names of a cell that ran; they hide those of earlier cells. One that is no TypeScript declares none. */
  ran(code: string): void {
    if (!isTypeScript(code)) return;
    const module = `${CELLS_FOLDER}/${this.files.size + 1}`;
    const own = declaredNames(parse(code));
    const names = withNames(this.#names, own, module);
    // What the cell does not name need not be loaded for it; of a name of its own it exports no more than it declares
    const wanted = new Set(code.match(/[\p{ID_Start}$_][\p{ID_Continue}$]*/gu));
    for (const { name } of own) wanted.delete(name);
    const first = firstLine(names, module, (name) => wanted.has(name));
    const local = own.filter(({ exported }) => !exported).map(({ name }) => name);
    this.files.set(`${module}.ts`, `${first}${code}\nexport { ${local.join(", ")} };\n`);
    this.#names = names;
  }

  /** The module of a cell that is being edited: it sees all names so far. */
  edited(code: string): CellModule {
    const names = withNames(this.#names, declaredNames(parse(code)), EDITED);
    const first = firstLine(names, EDITED, () => true);
    return { text: first + code, offset: first.length };
  }
}

/** The names after a cell: a value leaves an earlier interface of its name, and a type an earlier value. */
function withNames({ values, types }: Names, own: readonly DeclaredName[], module: string): Names {
  const after = { values: new Map(values), types: new Map(types) };
  for (const { name, kind } of own) {
    if (kind !== "type") after.values.set(name, { module, kind });
    if (kind === "type" || kind === "both") after.types.set(name, { module, kind });
    else if (types.get(name)?.kind === "both") after.types.delete(name);
  }
  return after;
}

/**
 * The line before a cell that brings it the names of others. Variables are declared, so that they may be assigned to as in
 * later cells; all else is imported, with its types.
 */
function firstLine({ values, types }: Names, own: string, isWanted: (name: string) => boolean): string {
  const lines: string[] = [];
  for (const name of new Set([...values.keys(), ...types.keys()].filter(isWanted))) {
    const [value, type] = [values.get(name), types.get(name)];
    const variable = value?.kind === "let" || value?.kind === "const";
    const apart = value && type && value.module !== type.module;
    if (value && value.module !== own)
      lines.push(
        variable || apart
          ? `declare ${value.kind === "let" ? "let" : "const"} ${name}: typeof import("${value.module}").${name};`
          : `import { ${name} } from "${value.module}";`,
      );
    if (type && type.module !== own && type.module !== value?.module)
      lines.push(`import { ${name} } from "${type.module}";`);
  }
  return `export {}; ${lines.join(" ")}\n`;
}

const parse = (code: string): ts.SourceFile => ts.createSourceFile(EDITED, code, ts.ScriptTarget.Latest);

function isTypeScript(code: string): boolean {
  const compilerOptions = { target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.ESNext };
  const { diagnostics } = ts.transpileModule(code, { reportDiagnostics: true, compilerOptions });
  return diagnostics?.length === 0;
}
