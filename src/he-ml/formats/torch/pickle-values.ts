import { InputError } from "../../errors.js";

/** Something of Python's that a pickle names: `torch.FloatStorage`. */
export class PythonName {
  constructor(readonly name: string) {}
}

/** An object of a class: what it would be made of. */
export class PythonObject {
  /** What its `__setstate__` would be given. */
  state: PickleValue = null;
  /** What would be put into it by key, if it is a dictionary. */
  readonly items = new Map<PickleValue, PickleValue>();

  constructor(
    readonly className: string,
    readonly args: readonly PickleValue[],
  ) {}
}

/** Tuples and lists are arrays; integers beyond 2^53 are bigints. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleValue[]
  | Map<PickleValue, PickleValue>
  | Set<PickleValue>
  | PythonName
  | PythonObject
  | object;

export const damaged = (reason: string) =>
  new InputError(`its pickle is damaged (${reason}); save the network again with torch.save`);

/** The name of what is called. @throws InputError if it has none */
export function nameOf(value: PickleValue): string {
  if (value instanceof PythonName) return value.name;
  throw damaged("it calls what has no name");
}

export function requireArguments(value: PickleValue): PickleValue[] {
  if (Array.isArray(value)) return value;
  throw damaged("the arguments of a call are no tuple");
}

export function appendTo(list: PickleValue, values: readonly PickleValue[]): void {
  if (!Array.isArray(list)) throw damaged("items are appended to what is no list");
  for (const value of values) list.push(value);
}

/** Keys and values, one after the other, into a dictionary. @throws InputError if they are put into something else */
export function putItems(target: PickleValue, items: readonly PickleValue[]): PickleValue {
  const map = target instanceof PythonObject ? target.items : target;
  if (!(map instanceof Map) || items.length % 2 !== 0)
    throw damaged("items are put into what is no dictionary");
  for (let i = 0; i < items.length; i += 2) map.set(items[i], items[i + 1]);
  return target;
}
