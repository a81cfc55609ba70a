/** node-inspect-extracted looks at every element of an array, of which it prints a hundred: a second for each 300,000. */

type Inspect = (value: unknown, options: object) => string;
type AnyArray = readonly unknown[];

/** Shorter arrays are printed in less than a tenth of a second. */
const longFrom = 10_000;

/** The method by which a value says how it is printed (https://nodejs.org/api/util.html#utilinspectcustom). */
const custom = Symbol.for("nodejs.util.inspect.custom");

/** From now on, of a long array only those elements are looked at that are printed. */
export function printLongArraysSoon(): void {
  for (const prototype of [Array.prototype, Object.getPrototypeOf(Uint8Array.prototype) as object])
    Object.defineProperty(prototype, custom, { value: printed, configurable: true, writable: true });
}

/** @returns the array itself where it is to be printed as always */
function printed(
  this: AnyArray,
  depth: number | null,
  options: { readonly maxArrayLength?: number | null },
  inspect: Inspect,
): AnyArray | string {
  const shown = options.maxArrayLength ?? Infinity;
  if (!(this.length >= longFrom && shown < longFrom)) return this;
  const left = this.length - shown;
  return inspect(this.slice(0, shown + 1), { ...options, depth })
    .replace(`(${shown + 1})`, `(${this.length})`)
    .replace(/\.\.\. 1 more item(?=\s*\]$)/, `... ${left} more items`);
}
