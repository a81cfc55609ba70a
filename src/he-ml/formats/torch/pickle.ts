import { InputError } from "../../errors.js";

// Python's pickles as data. A pickle is a program for a small stack machine, and two of its instructions name things of
// Python's and call them. Here a name is only ever a name: nothing is imported, and what is "called" or "made" becomes
// a record of it, to be read, or refused, by whoever knows the name.
// https://github.com/python/cpython/blob/3.13/Lib/pickletools.py describes every instruction.

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

export interface PickleReader {
  /** Hears every name in the pickle. */
  readonly named: (name: string) => void;
  /** What stands for an object outside the pickle. @throws InputError if there is none such */
  readonly persistent: (id: PickleValue) => PickleValue;
  /** What a call gives. @throws InputError if the name may not be called */
  readonly call: (name: string, args: readonly PickleValue[]) => PickleValue;
}

/** What a file's object of this many instructions describes is no network that could be encrypted. */
const mostInstructions = 1_000_000;
/** PyTorch's own integers, its magic number among them, have ten bytes at most. */
const longestInteger = 32;
const longestName = 200;

const damaged = (reason: string) =>
  new InputError(`its pickle is damaged (${reason}); save the network again with torch.save`);

/**
 * Reads one pickle of protocol 2 to 5 that begins at `start`.
 *
 * @returns its value, and where it ends
 * @throws InputError if the bytes are no such pickle, or it is refused by `reader`
 */
export function readPickle(
  bytes: Uint8Array,
  start: number,
  reader: PickleReader,
): { readonly value: PickleValue; readonly end: number } {
  return new StackMachine(bytes, start, reader).run();
}

class StackMachine {
  readonly #view: DataView;
  #position: number;
  #stack: PickleValue[] = [];
  readonly #marked: PickleValue[][] = [];
  readonly #memo: PickleValue[] = [];

  constructor(
    private readonly bytes: Uint8Array,
    start: number,
    private readonly reader: PickleReader,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#position = start;
  }

  run(): { value: PickleValue; end: number } {
    if (this.#byte() !== 0x80) throw damaged("it does not begin as one of protocol 2 to 5");
    const protocol = this.#byte();
    if (protocol < 2 || protocol > 5) throw damaged(`protocol ${protocol}, expected 2 to 5`);
    for (let count = 0; count < mostInstructions; count++) {
      const instruction = this.#byte();
      if (instruction === 0x2e) return { value: this.#pop(), end: this.#position };
      this.#step(instruction);
    }
    throw new InputError(
      `its pickle has more than ${mostInstructions} instructions; a network that can be encrypted has far fewer`,
    );
  }

  #step(instruction: number): void {
    // The names are pickletools'.
    switch (instruction) {
      case 0x80: // PROTO
        this.#take(1);
        return;
      case 0x95: // FRAME
        this.#take(8);
        return;
      case 0x28: // MARK
        this.#marked.push(this.#stack);
        this.#stack = [];
        return;
      case 0x30: // POP
        if (this.#stack.length > 0) this.#stack.pop();
        else this.#popMark();
        return;
      case 0x31: // POP_MARK
        this.#popMark();
        return;
      case 0x32: // DUP
        return this.#push(this.#top());

      case 0x4e: // NONE
        return this.#push(null);
      case 0x88: // NEWTRUE
        return this.#push(true);
      case 0x89: // NEWFALSE
        return this.#push(false);
      case 0x4a: // BININT
        return this.#push(this.#viewOf(4).getInt32(0, true));
      case 0x4b: // BININT1
        return this.#push(this.#byte());
      case 0x4d: // BININT2
        return this.#push(this.#viewOf(2).getUint16(0, true));
      case 0x8a: // LONG1
        return this.#push(this.#integer(this.#byte()));
      case 0x8b: // LONG4
        return this.#push(this.#integer(this.#length(4)));
      case 0x47: // BINFLOAT
        return this.#push(this.#viewOf(8).getFloat64(0, false));

      case 0x58: // BINUNICODE
        return this.#push(this.#text(this.#length(4)));
      case 0x8c: // SHORT_BINUNICODE
        return this.#push(this.#text(this.#byte()));
      case 0x8d: // BINUNICODE8
        return this.#push(this.#text(this.#length(8)));
      case 0x54: // BINSTRING
      case 0x42: // BINBYTES
        return this.#push(this.#take(this.#length(4)));
      case 0x55: // SHORT_BINSTRING
      case 0x43: // SHORT_BINBYTES
        return this.#push(this.#take(this.#byte()));
      case 0x8e: // BINBYTES8
      case 0x96: // BYTEARRAY8
        return this.#push(this.#take(this.#length(8)));

      case 0x5d: // EMPTY_LIST
      case 0x29: // EMPTY_TUPLE
        return this.#push([]);
      case 0x7d: // EMPTY_DICT
        return this.#push(new Map());
      case 0x8f: // EMPTY_SET
        return this.#push(new Set());
      case 0x85: // TUPLE1
        return this.#push(this.#popLast(1));
      case 0x86: // TUPLE2
        return this.#push(this.#popLast(2));
      case 0x87: // TUPLE3
        return this.#push(this.#popLast(3));
      case 0x74: // TUPLE
      case 0x6c: // LIST
        return this.#push(this.#popMark());
      case 0x64: {
        // DICT
        const items = this.#popMark();
        return this.#push(putItems(new Map(), items));
      }
      case 0x91: // FROZENSET
        return this.#push(new Set(this.#popMark()));
      case 0x61: {
        // APPEND
        const value = this.#pop();
        return appendTo(this.#top(), [value]);
      }
      case 0x65: {
        // APPENDS
        const values = this.#popMark();
        return appendTo(this.#top(), values);
      }
      case 0x73: {
        // SETITEM
        const item = this.#popLast(2);
        putItems(this.#top(), item);
        return;
      }
      case 0x75: {
        // SETITEMS
        const items = this.#popMark();
        putItems(this.#top(), items);
        return;
      }
      case 0x90: {
        // ADDITEMS
        const values = this.#popMark();
        const set = this.#top();
        if (!(set instanceof Set)) throw damaged("items are added to what is no set");
        for (const value of values) set.add(value);
        return;
      }

      case 0x71: // BINPUT
        this.#memo[this.#byte()] = this.#top();
        return;
      case 0x72: // LONG_BINPUT
        this.#remember(this.#length(4));
        return;
      case 0x94: // MEMOIZE
        this.#remember(this.#memo.length);
        return;
      case 0x68: // BINGET
        return this.#push(this.#recall(this.#byte()));
      case 0x6a: // LONG_BINGET
        return this.#push(this.#recall(this.#length(4)));

      case 0x63: // GLOBAL
        return this.#push(this.#named(this.#line(), this.#line()));
      case 0x93: {
        // STACK_GLOBAL
        const [module, name] = this.#popLast(2);
        if (typeof module !== "string" || typeof name !== "string") throw damaged("a name is no text");
        return this.#push(this.#named(module, name));
      }
      case 0x51: // BINPERSID
        return this.#push(this.reader.persistent(this.#pop()));
      case 0x52: {
        // REDUCE
        const [callable, args] = this.#popLast(2);
        return this.#push(this.reader.call(nameOf(callable), requireArguments(args)));
      }
      case 0x81: {
        // NEWOBJ
        const [type, args] = this.#popLast(2);
        return this.#push(this.#made(nameOf(type), requireArguments(args)));
      }
      case 0x92: {
        // NEWOBJ_EX
        const [type, args] = this.#popLast(3);
        return this.#push(this.#made(nameOf(type), requireArguments(args)));
      }
      case 0x62: {
        // BUILD: what PyTorch's own types are given besides their values changes none.
        const state = this.#pop();
        const object = this.#top();
        if (object instanceof PythonObject) object.state = state;
        return;
      }
      default:
        // Instructions of protocols 0 and 1, of extensions, and of buffers outside the file: torch.save writes none.
        throw damaged(`instruction 0x${instruction.toString(16).padStart(2, "0")}`);
    }
  }

  #named(module: string, name: string): PythonName {
    const named = new PythonName(`${module}.${name}`);
    if (named.name.length > longestName) throw damaged("a name has no end");
    this.reader.named(named.name);
    return named;
  }

  /** Python's own containers are made as any object may be; the others stay a record. */
  #made(name: string, args: readonly PickleValue[]): PickleValue {
    return containers.has(name) ? this.reader.call(name, args) : new PythonObject(name, args);
  }

  #push(value: PickleValue): void {
    this.#stack.push(value);
  }

  #top(): PickleValue {
    if (this.#stack.length === 0) throw damaged("its stack is empty");
    return this.#stack[this.#stack.length - 1];
  }

  #pop(): PickleValue {
    const value = this.#top();
    this.#stack.pop();
    return value;
  }

  #popLast(count: number): PickleValue[] {
    if (this.#stack.length < count) throw damaged("its stack is empty");
    return this.#stack.splice(-count);
  }

  #popMark(): PickleValue[] {
    const items = this.#stack;
    const below = this.#marked.pop();
    if (!below) throw damaged("a mark is missing");
    this.#stack = below;
    return items;
  }

  #remember(index: number): void {
    // Python counts its memo up, so that a larger index is none of its own; an array would fill the gap.
    if (index > this.#memo.length + 256) throw damaged("its memo has gaps");
    this.#memo[index] = this.#top();
  }

  #recall(index: number): PickleValue {
    const value = this.#memo[index];
    if (value === undefined) throw damaged("it refers to what is not there");
    return value;
  }

  #take(count: number): Uint8Array {
    if (count > this.bytes.length - this.#position) throw damaged("it ends too early");
    this.#position += count;
    return this.bytes.subarray(this.#position - count, this.#position);
  }

  #byte(): number {
    return this.#take(1)[0];
  }

  #viewOf(count: number): DataView {
    const { byteOffset } = this.#take(count);
    return new DataView(this.#view.buffer, byteOffset, count);
  }

  #length(bytes: 4 | 8): number {
    const view = this.#viewOf(bytes);
    return bytes === 4 ? view.getUint32(0, true) : Number(view.getBigUint64(0, true));
  }

  #text(count: number): string {
    return decode(this.#take(count));
  }

  #line(): string {
    const end = this.bytes.indexOf(0x0a, this.#position);
    if (end < 0) throw damaged("it ends too early");
    const text = this.#text(end - this.#position);
    this.#take(1);
    return text;
  }

  /** A two's complement of any length. */
  #integer(count: number): number | bigint {
    if (count > longestInteger) throw damaged(`an integer of ${count} bytes`);
    const bytes = this.#take(count);
    let value = 0n;
    for (let i = count - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]);
    if (count > 0 && bytes[count - 1] >= 0x80) value -= 1n << BigInt(8 * count);
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }
}

const containers: ReadonlySet<string> = new Set([
  "collections.OrderedDict",
  "builtins.set",
  "__builtin__.set",
]);

const decoder = new TextDecoder("utf-8", { fatal: true });

function decode(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw damaged("a text is not UTF-8");
  }
}

function nameOf(value: PickleValue): string {
  if (value instanceof PythonName) return value.name;
  throw damaged("it calls what has no name");
}

function requireArguments(value: PickleValue): PickleValue[] {
  if (Array.isArray(value)) return value;
  throw damaged("the arguments of a call are no tuple");
}

function appendTo(list: PickleValue, values: readonly PickleValue[]): void {
  if (!Array.isArray(list)) throw damaged("items are appended to what is no list");
  for (const value of values) list.push(value);
}

function putItems(target: PickleValue, items: readonly PickleValue[]): PickleValue {
  const map = target instanceof PythonObject ? target.items : target;
  if (!(map instanceof Map) || items.length % 2 !== 0)
    throw damaged("items are put into what is no dictionary");
  for (let i = 0; i < items.length; i += 2) map.set(items[i], items[i + 1]);
  return target;
}
