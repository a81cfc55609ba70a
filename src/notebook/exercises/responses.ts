import { inspect } from "#inspect";
import { InputError } from "../../he-ml/errors.js";

// Readers of responses, which may hold anything: each gives back what it expects, or says what came instead.

/** @throws InputError unless it is a list of so many bigints */
export function bigints(what: string, response: unknown, length: number): readonly bigint[] {
  return listOf<bigint>(what, response, length, "bigint");
}

/** @throws InputError unless it is a list of so many finite numbers */
export function numbers(what: string, response: unknown, length: number): readonly number[] {
  const list = listOf<number>(what, response, length, "number");
  const bad = list.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return list;
  throw new InputError(
    `${what}: expected finite numbers, got ${list[bad]} at ${bad}; look for a division by zero`,
  );
}

/** @throws InputError unless it is a list of so many responses */
export function responses(what: string, response: unknown, length: number): readonly unknown[] {
  if (Array.isArray(response) && response.length === length) return response as unknown[];
  throw new InputError(
    `${what}: expected ${length} answers, got ${shown(response)}; return a value in every case`,
  );
}

function listOf<T>(what: string, response: unknown, length: number, type: "bigint" | "number"): readonly T[] {
  const expected = `${what}: expected a list of ${length} ${type}s`;
  if (!Array.isArray(response)) throw new InputError(`${expected}, got ${shown(response)}; return a list`);
  const list = response as readonly unknown[];
  if (list.length !== length) {
    throw new InputError(`${expected}, got ${list.length} of them; return one for each place`);
  }
  const bad = list.findIndex((value) => typeof value !== type);
  if (bad < 0) return list as readonly T[];
  const fix =
    type === "bigint" ? "write 0n for 0, and BigInt(x) for a number x" : "write Number(x) for a bigint x";
  throw new InputError(`${expected}, got ${shown(list[bad])} at ${bad}; ${fix}`);
}

const longest = 80;

/** A value in one short line. */
export function shown(value: unknown): string {
  const text = inspect(value, { breakLength: Infinity, maxArrayLength: 8, maxStringLength: 40, depth: 2 });
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}
