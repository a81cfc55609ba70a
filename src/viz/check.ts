import { InputError } from "../he-ml/errors.js";

/** @throws InputError if the list is empty */
export function requireSome(operation: string, what: string, list: readonly unknown[]): void {
  if (list.length > 0) return;
  throw new InputError(`${operation}: expected at least one ${what}, got none; give what is to be drawn`);
}

/** @throws InputError if one of the values is no finite number */
export function requireFinite(operation: string, what: string, values: readonly unknown[]): void {
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return;
  throw new InputError(
    `${operation}: expected finite numbers as ${what}, got ${String(values[bad])} at index ${bad}; look where it comes from`,
  );
}

/** @throws InputError if the list has not so many elements */
export function requireLength(
  operation: string,
  what: string,
  list: readonly unknown[],
  length: number,
): void {
  if (list.length === length) return;
  throw new InputError(
    `${operation}: expected ${length} values as ${what}, got ${list.length}; give one for each place`,
  );
}
