import util = require("node:util");
import type { Failure } from "./tslab.cjs";

/**
 * @param what the arguments with which tslab's executor calls `console.error`: a value that the cell threw, or a
 * format and the place and text of a TypeScript error, called once for each
 * @param before what failed already in the same cell
 */
function describeFailure(what: readonly unknown[], before?: Failure): Failure {
  if (what.length > 1) {
    const line = util.format(...what);
    return {
      ename: "TypeScriptError",
      evalue: before?.evalue ?? line,
      traceback: [...(before?.traceback ?? []), line],
    };
  }
  const [thrown] = what;
  if (isInterruption(thrown)) {
    const evalue = "the cell was interrupted";
    return { ename: "Interrupted", evalue, traceback: [`Interrupted: ${evalue}`] };
  }
  const traceback = util
    .inspect(thrown)
    .split("\n")
    .filter((line) => !isKernelFrame(line))
    .map(withoutCompiledPlace);
  if (!util.types.isNativeError(thrown)) {
    return { ename: "Thrown", evalue: util.inspect(thrown), traceback };
  }
  return { ename: thrown.name, evalue: thrown.message, traceback };
}

function isInterruption(thrown: unknown): boolean {
  if (!util.types.isNativeError(thrown)) return false;
  return (
    (thrown as NodeJS.ErrnoException).code === "ERR_SCRIPT_EXECUTION_INTERRUPTED" ||
    thrown.message === "Interrupted asynchronously"
  );
}

/** Line numbers are those of the compiled JavaScript, not of the cell. */
const withoutCompiledPlace = (line: string) => line.replace(/evalmachine\.<anonymous>(:\d+)*/g, "<cell>");

/** A line of a stack that shows how the kernel runs cells, and nothing of the cell. */
function isKernelFrame(line: string): boolean {
  return /^\s+at .*(node:vm:|node:internal|[\\/]tslab[\\/]dist[\\/]|[\\/]kernel[\\/]preload[\\/])/.test(line);
}

export = { describeFailure };
