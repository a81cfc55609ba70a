import { format, inspect } from "#inspect";
import { isTabular, tableText } from "./cell-table.js";
import type { StreamName } from "./kernel-messages.js";

/** What cells print, as Node's console writes it (https://nodejs.org/api/console.html), without colours. */
export type CellConsole = Pick<
  Console,
  | ("assert" | "count" | "countReset" | "debug" | "dir" | "dirxml" | "error" | "group" | "groupCollapsed")
  | ("groupEnd" | "info" | "log" | "table" | "time" | "timeEnd" | "timeLog" | "trace" | "warn")
>;

/** @param write takes whole lines */
export function cellConsole(write: (stream: StreamName, text: string) => void): CellConsole {
  const counts = new Map<string, number>();
  const timers = new Map<string, number>();
  // The cells' own may become another
  const clock = performance;
  let indent = "";
  const print = (stream: StreamName, text: string) =>
    write(stream, `${indent}${text.replaceAll("\n", `\n${indent}`)}\n`);
  const out = (...given: unknown[]) => print("stdout", format(...given));
  const err = (...given: unknown[]) => print("stderr", format(...given));
  const warn = (text: string) => err("%s", `Warning: ${text}`);
  const group = (...given: unknown[]) => {
    if (given.length > 0) out(...given);
    indent += "  ";
  };
  const timed = (method: string, label: string, ...given: unknown[]) => {
    const since = timers.get(label);
    if (since === undefined) warn(`No such label '${label}' for console.${method}()`);
    else out("%s: %s", label, duration(clock.now() - since), ...given);
  };
  return {
    log: out,
    info: out,
    debug: out,
    dirxml: out,
    warn: err,
    error: err,
    table: (value: unknown, properties?: readonly string[]) =>
      out(isTabular(value) ? tableText(value, properties) : value),
    trace: (...given) => err(`Trace${given.length > 0 ? `: ${format(...given)}` : ""}`),
    dir: (value, options) => print("stdout", inspect(value, { customInspect: false, ...options })),
    assert: (condition, ...given) => {
      if (condition) return;
      const [first, ...rest] = given;
      if (given.length === 0) err("Assertion failed");
      else if (typeof first === "string") err(`Assertion failed: ${first}`, ...rest);
      else err("Assertion failed", ...given);
    },
    count: (label = "default") => {
      const name = String(label);
      const times = (counts.get(name) ?? 0) + 1;
      counts.set(name, times);
      out(`${name}: ${times}`);
    },
    countReset: (label = "default") => {
      if (!counts.delete(String(label))) warn(`Count for '${label}' does not exist`);
    },
    group,
    groupCollapsed: group,
    groupEnd: () => {
      indent = indent.slice(2);
    },
    time: (label = "default") => {
      const name = String(label);
      if (timers.has(name)) warn(`Label '${name}' already exists for console.time()`);
      else timers.set(name, clock.now());
    },
    timeLog: (label = "default", ...given) => timed("timeLog", String(label), ...given),
    timeEnd: (label = "default") => {
      timed("timeEnd", String(label));
      timers.delete(String(label));
    },
  };
}

/** A time in milliseconds as Node writes it: `1.5ms`, `2.250s`, `1:02.250 (m:ss.mmm)`, `1:00:02.250 (h:mm:ss.mmm)`. */
function duration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Number(milliseconds.toFixed(3))}ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${seconds.toFixed(3)}s`;
  const rest = (seconds % 60).toFixed(3).padStart(6, "0");
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${rest} (m:ss.mmm)`;
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${rest} (h:mm:ss.mmm)`;
}
