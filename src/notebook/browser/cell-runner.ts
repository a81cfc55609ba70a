import { IMPORT_FUNCTION, KEEP_FUNCTION, rewriteCell } from "./cell.js";
import type { CellError, CellOutput } from "./kernel-messages.js";
import type { MimeBundle } from "../display/mime.js";
import { plainText } from "../display/plain-text.js";
import { requireExports } from "./modules.js";
import { cellFile, errorLines } from "./source-lines.js";

/** What a runner has of the kernel around it. */
export interface CellSurroundings {
  /** The module that a cell imports. */
  load(specifier: string): Promise<object>;
  /** What a cell's last value shows. */
  result(value: unknown): Promise<MimeBundle | undefined>;
}

/** Where cells find the names that hide the browser's. */
const HIDING = "__heMlHiding";

/**
 * Runs cells one after the other in this global scope, where their top-level names stay.
 *
 * The kernel and the library live in the same scope, and use what a browser has there. So where a cell declares a name of the
 * browser's, as `Map` or `performance`, the browser's is hidden from that cell and later ones alone, and from then on cells are
 * slower at finding any top-level name. What a cell can still break: if it assigns to such a name without declaring it, as
 * `Map = undefined`, or changes what is behind it, as `Array.prototype.map = …`, the kernel and the library have that, too, and
 * may fail until the kernel starts anew; a run comes to its end all the same.
 *
 * @example
 * const runner = new CellRunner({ load, result });
 * await runner.run(1, "const x = 6");
 * await runner.run(2, "x * 7"); // { type: "execute_result", data: { "text/plain": "42" } }
 */
export class CellRunner {
  readonly #sourceMaps = new Map<number, string>();
  readonly #hiding = Object.create(null) as Record<string, unknown>;
  /** The names that the scope had before any cell. */
  readonly #browsers = new Set(namesOf(globalThis));

  constructor(private readonly surroundings: CellSurroundings) {
    const load = async (specifier: unknown, wanted: readonly string[] = []): Promise<object> => {
      const module = await surroundings.load(String(specifier));
      requireExports(String(specifier), module, wanted);
      return module;
    };
    const keep = (name: string, value: unknown): void => {
      const scope = name in this.#hiding ? this.#hiding : (globalThis as Record<string, unknown>);
      scope[name] = value;
    };
    for (const [name, value] of [
      [IMPORT_FUNCTION, load],
      [KEEP_FUNCTION, keep],
      [HIDING, this.#hiding],
    ] as const)
      Object.defineProperty(globalThis, name, { value, configurable: true });
  }

  /**
   * @param count the number in the cell's brackets, which errors name
   * @returns what the cell's last value shows, the error that ended it, or undefined; it does not reject
   */
  async run(
    count: number,
    code: string,
  ): Promise<Extract<CellOutput, { type: "execute_result" }> | CellError | undefined> {
    try {
      const { js, names, sourceMap } = rewriteCell(code);
      this.#sourceMaps.set(count, sourceMap);
      for (const name of names) this.#declare(name);
      const value: unknown = await evaluate(`${this.#scope()}${js}\n//# sourceURL=${cellFile(count)}`)();
      const data = await this.surroundings.result(value);
      return data && { type: "execute_result", data };
    } catch (error) {
      return this.failure(error);
    }
  }

  /** An error as Jupyter shows it, with the cells' own lines; of what cannot even be looked at, as one with a getter that throws, a sentence. */
  failure(error: unknown): CellError {
    try {
      const [ename, evalue] =
        error instanceof Error ? [String(error.name), String(error.message)] : ["thrown", plainText(error)];
      return {
        type: "error",
        ename,
        evalue,
        traceback: errorLines(error, (cell) => this.#sourceMaps.get(cell)),
      };
    } catch {
      const evalue = "a value that has no text";
      return { type: "error", ename: "thrown", evalue, traceback: [`thrown: ${evalue}`] };
    }
  }

  /** Before a cell's first line, in which none of its own code is. */
  #scope(): string {
    return Object.keys(this.#hiding).length === 0 ? "" : `with (${HIDING}) `;
  }

  #declare(name: string): void {
    if (name in this.#hiding) return;
    if (this.#browsers.has(name) && isOfUse((globalThis as Record<string, unknown>)[name]))
      this.#hiding[name] = undefined;
    else declareGlobal(name);
  }
}

/** All names that an object has, also by its prototypes, but for those that any object has. */
const namesOf = (object: object | null): string[] =>
  object === null || object === Object.prototype
    ? []
    : [...Object.getOwnPropertyNames(object), ...namesOf(Object.getPrototypeOf(object) as object | null)];

/** An indirect `eval` sees the global scope only. */
const evaluate = (script: string) => (0, eval)(script) as () => Promise<unknown>;

/** Of what a browser has, texts and empty places, as `name`, `origin` and `onmessage`, are of use to neither kernel nor library. */
const isOfUse = (value: unknown): boolean =>
  typeof value !== "string" && value !== null && value !== undefined;

/** Makes a name the global object's own, in place of what a browser has there under the same name. */
function declareGlobal(name: string): void {
  const found = Object.getOwnPropertyDescriptor(globalThis, name);
  if (found?.writable || found?.configurable === false) return;
  Object.defineProperty(globalThis, name, {
    value: undefined,
    writable: true,
    configurable: true,
    enumerable: true,
  });
}
