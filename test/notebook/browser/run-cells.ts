import { runInContext, createContext, type Context } from "node:vm";
import { IMPORT_FUNCTION, KEEP_FUNCTION, rewriteCell } from "../../../src/notebook/browser/cell.js";
import { requireExports } from "../../../src/notebook/browser/modules.js";
import { cellFile } from "../../../src/notebook/browser/source-lines.js";

/** Cells run one after another in a realm of their own, as in the kernel's worker. */
export class Cells {
  readonly #realm: Context;
  readonly #maps: string[] = [];

  constructor(modules: Record<string, object> = {}) {
    const load = (specifier: string, wanted: string[] = []): object => {
      const module = modules[specifier] ?? {};
      requireExports(specifier, module, wanted);
      return module;
    };
    this.#realm = createContext({
      [IMPORT_FUNCTION]: async (...args: [string, string[]?]) => load(...args),
      [KEEP_FUNCTION]: (name: string, value: unknown) => {
        (this.#realm as Record<string, unknown>)[name] = value;
      },
    });
  }

  async run(code: string): Promise<unknown> {
    const { js, names, sourceMap } = rewriteCell(code);
    this.#maps.push(sourceMap);
    for (const name of names)
      if (!Object.hasOwn(this.#realm, name)) (this.#realm as Record<string, unknown>)[name] = undefined;
    const filename = cellFile(this.#maps.length);
    return (runInContext(js, this.#realm, { filename }) as () => Promise<unknown>)();
  }

  readonly sourceMapOf = (cell: number): string | undefined => this.#maps[cell - 1];
}
