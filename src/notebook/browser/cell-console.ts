import { format, formatWithOptions } from "#inspect";
import type { StreamName } from "./kernel-messages.js";

/** What cells print, as Node's console writes it (https://nodejs.org/api/console.html), without colours. */
export type CellConsole = Pick<
  Console,
  | ("assert" | "count" | "countReset" | "debug" | "dir" | "error" | "group" | "groupCollapsed" | "groupEnd")
  | ("info" | "log" | "time" | "timeEnd" | "timeLog" | "trace" | "warn")
>;

/** @param write takes whole lines */
export function cellConsole(write: (stream: StreamName, text: string) => void): CellConsole {
  const counts = new Map<string, number>();
  const timers = new Map<string, number>();
  let indent = "";
  const print = (stream: StreamName, text: string) =>
    write(stream, `${indent}${text.replaceAll("\n", `\n${indent}`)}\n`);
  const out = (...given: unknown[]) => print("stdout", format(...given));
  const err = (...given: unknown[]) => print("stderr", format(...given));
  const group = (...given: unknown[]) => {
    if (given.length > 0) out(...given);
    indent += "  ";
  };
  const timed = (label: string, ...given: unknown[]) => {
    const since = timers.get(label);
    if (since === undefined) err(`Warning: No such label '${label}' for console.time()`);
    else out(`${label}: ${(performance.now() - since).toFixed(3)}ms`, ...given);
  };
  return {
    log: out,
    info: out,
    debug: out,
    warn: err,
    error: err,
    trace: (...given) => err(`Trace: ${format(...given)}`),
    dir: (value, options = {}) => print("stdout", formatWithOptions(options, "%O", value)),
    assert: (condition, ...given) => {
      if (!condition) err(`Assertion failed${given.length > 0 ? `: ${format(...given)}` : ""}`);
    },
    count: (label = "default") => {
      counts.set(label, (counts.get(label) ?? 0) + 1);
      out(`${label}: ${counts.get(label)}`);
    },
    countReset: (label = "default") => void counts.delete(label),
    group,
    groupCollapsed: group,
    groupEnd: () => {
      indent = indent.slice(2);
    },
    time: (label = "default") => void timers.set(label, performance.now()),
    timeLog: (label = "default", ...given) => timed(label, ...given),
    timeEnd: (label = "default") => {
      timed(label);
      timers.delete(label);
    },
  };
}
