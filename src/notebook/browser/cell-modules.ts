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

/** A cell's module; its first line is ours. */
export interface CellModule {
  text: string;
  /** Where the cell's own code begins in `text`. */
  offset: number;
}

export class CellModules {
  /** Paths of the cells that ran → their modules. */
  readonly files = new Map<string, string>();
  readonly #origins = new Map<string, Origin>();

  /** Keeps the names of a cell that ran; those of earlier cells are hidden by equal ones. One that is no TypeScript declares none. */
  ran(code: string): void {
    if (!isTypeScript(code)) return;
    const module = `${CELLS_FOLDER}/${this.files.size + 1}`;
    const names = declaredNames(parse(code));
    const words = new Set(code.match(/[\p{ID_Start}$_][\p{ID_Continue}$]*/gu));
    const first = this.#firstLine(names, (name) => words.has(name));
    const local = names.filter(({ exported }) => !exported).map(({ name }) => name);
    this.files.set(`${module}.ts`, `${first}${code}\nexport { ${local.join(", ")} };\n`);
    for (const { name, kind } of names) this.#origins.set(name, { module, kind });
  }

  /** The module of a cell that is being edited: it sees all names so far. */
  edited(code: string): CellModule {
    const first = this.#firstLine(declaredNames(parse(code)), () => true);
    return { text: first + code, offset: first.length };
  }

  /**
   * Variables are declared, so that they may be assigned to as in later cells; all else is imported, with its types.
   *
   * @param own the cell's own names, which hide those of earlier cells
   * @param isWanted whether the cell may use a name: what it cannot use need not be loaded for it
   */
  #firstLine(own: readonly DeclaredName[], isWanted: (name: string) => boolean): string {
    const hidden = new Set(own.map(({ name }) => name));
    const lines = [...this.#origins].flatMap(([name, { module, kind }]) => {
      if (hidden.has(name) || !isWanted(name)) return [];
      return kind === "other"
        ? [`import { ${name} } from "${module}";`]
        : [`declare ${kind} ${name}: typeof import("${module}").${name};`];
    });
    return `export {}; ${lines.join(" ")}\n`;
  }
}

const parse = (code: string): ts.SourceFile => ts.createSourceFile(EDITED, code, ts.ScriptTarget.Latest);

function isTypeScript(code: string): boolean {
  const compilerOptions = { target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.ESNext };
  const { diagnostics } = ts.transpileModule(code, { reportDiagnostics: true, compilerOptions });
  return diagnostics?.length === 0;
}
