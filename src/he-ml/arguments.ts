import { InputError } from "./errors.js";

// What public functions ask of their arguments: at run time, a type is no promise.

/** A value as a message says that it came: short, on one line, and never an error of its own. */
export function inWords(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return `a list of ${value.length}`;
  const { constructor } = value as { readonly constructor?: unknown };
  return typeof constructor === "function" && constructor !== Object ? `a ${constructor.name}` : "an object";
}

/** A list in a message: its entries, where they are few and can be written. */
export function listInWords(value: unknown): string {
  return Array.isArray(value) && value.length <= 20 ? `[${value.map(inWords).join(", ")}]` : inWords(value);
}

/**
 * @param expected what it should be, and behind a semicolon what to do about it
 * @throws InputError unless it is right
 */
export function requireArgument(
  operation: string,
  isRight: boolean,
  expected: string,
  value: unknown,
): asserts isRight {
  if (isRight) return;
  const [what, ...advice] = expected.split("; ");
  throw new InputError([`${operation}: expected ${what}, got ${inWords(value)}`, ...advice].join("; "));
}

export function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** Whether it is a list, or the layers of a model, which are a list that can be called. */
export function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) || value instanceof Array;
}

/** The options of a function, an object with a name for each. @throws InputError unless they are one */
export function requireOptions<Options extends object>(operation: string, options: Options): Options {
  requireArgument(
    operation,
    isObject(options),
    "options, as { name: value }; leave them out for what is usual",
    options,
  );
  return options;
}

/** @throws InputError unless it is a list, each entry of which is right */
export function requireList<T>(
  operation: string,
  value: unknown,
  expected: string,
  isRight: (entry: unknown) => boolean = isObject,
): asserts value is readonly T[] {
  requireArgument(operation, isList(value), expected, value);
  const wrong = value.findIndex((entry) => !isRight(entry));
  if (wrong >= 0)
    throw new InputError(`${operation}: expected ${expected}, got ${inWords(value[wrong])} at ${wrong}`);
}
