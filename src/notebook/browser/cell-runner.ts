import { IMPORT_FUNCTION, rewriteCell } from "./cell.js";
import type { CellError, CellOutput } from "./kernel-messages.js";
import type { MimeBundle } from "../display/mime.js";
import { requireExports } from "./modules.js";
import { cellFile, errorLines } from "./source-lines.js";

/** What a runner has of the kernel around it. */
export interface CellSurroundings {
  /** The module that a cell imports. */
  load(specifier: string): Promise<object>;
  /** What a cell's last value shows. */
  result(value: unknown): Promise<MimeBundle | undefined>;
}

/**
 * Runs cells one after the other in this global scope, where their top-level names stay.
 *
 * @example
 * const runner = new CellRunner({ load, result });
 * await runner.run(1, "const x = 6");
 * await runner.run(2, "x * 7"); // { type: "execute_result", data: { "text/plain": "42" } }
 */
export class CellRunner {
  readonly #sourceMaps = new Map<number, string>();

  constructor(private readonly surroundings: CellSurroundings) {
    const load = async (specifier: unknown, wanted: readonly string[] = []): Promise<object> => {
      const module = await surroundings.load(String(specifier));
      requireExports(String(specifier), module, wanted);
      return module;
    };
    Object.defineProperty(globalThis, IMPORT_FUNCTION, { value: load, configurable: true });
  }

  /**
   * @param count the number in the cell's brackets, which errors name
   * @returns what the cell's last value shows, the error that ended it, or undefined
   */
  async run(
    count: number,
    code: string,
  ): Promise<Extract<CellOutput, { type: "execute_result" }> | CellError | undefined> {
    try {
      const { js, names, sourceMap } = rewriteCell(code);
      this.#sourceMaps.set(count, sourceMap);
      names.forEach(declare);
      const value: unknown = await evaluate(`${js}\n//# sourceURL=${cellFile(count)}`)();
      const data = await this.surroundings.result(value);
      return data && { type: "execute_result", data };
    } catch (error) {
      return this.failure(error);
    }
  }

  /** An error as Jupyter shows it, with the cells' own lines. */
  failure(error: unknown): CellError {
    const [ename, evalue] = error instanceof Error ? [error.name, error.message] : ["thrown", String(error)];
    return {
      type: "error",
      ename,
      evalue,
      traceback: errorLines(error, (cell) => this.#sourceMaps.get(cell)),
    };
  }
}

/** An indirect `eval` sees the global scope only. */
const evaluate = (script: string) => (0, eval)(script) as () => Promise<unknown>;

/** Makes a name the global object's own, in place of what a browser has there under the same name. */
function declare(name: string): void {
  const found = Object.getOwnPropertyDescriptor(globalThis, name);
  if (found?.writable || found?.configurable === false) return;
  Object.defineProperty(globalThis, name, {
    value: undefined,
    writable: true,
    configurable: true,
    enumerable: true,
  });
}
