import { InputError } from "../../errors.js";
import { PickleBytes, python2Text } from "./pickle-bytes.js";
import {
  PythonName,
  PythonObject,
  appendTo,
  damaged,
  nameOf,
  putItems,
  requireArguments,
  type PickleValue,
} from "./pickle-values.js";

// Python's pickles as data. A pickle is a program for a small stack machine, and two of its instructions name things of
// Python's and call them. Here a name is only ever a name: nothing is imported, and what is "called" or "made" becomes
// a record of it, to be read, or refused, by whoever knows the name.
// https://github.com/python/cpython/blob/3.13/Lib/pickletools.py describes every instruction.

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
const longestName = 200;

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
  readonly #bytes: PickleBytes;
  #stack: PickleValue[] = [];
  readonly #marked: PickleValue[][] = [];
  readonly #memo: PickleValue[] = [];

  constructor(
    bytes: Uint8Array,
    start: number,
    private readonly reader: PickleReader,
  ) {
    this.#bytes = new PickleBytes(bytes, start);
  }

  run(): { value: PickleValue; end: number } {
    if (this.#bytes.byte() !== 0x80) throw damaged("it does not begin as one of protocol 2 to 5");
    const protocol = this.#bytes.byte();
    if (protocol < 2 || protocol > 5) throw damaged(`protocol ${protocol}, expected 2 to 5`);
    for (let count = 0; count < mostInstructions; count++) {
      const instruction = this.#bytes.byte();
      if (instruction === 0x2e) return { value: this.#pop(), end: this.#bytes.position };
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
        this.#bytes.take(1);
        return;
      case 0x95: // FRAME
        this.#bytes.take(8);
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
        return this.#push(this.#bytes.viewOf(4).getInt32(0, true));
      case 0x4b: // BININT1
        return this.#push(this.#bytes.byte());
      case 0x4d: // BININT2
        return this.#push(this.#bytes.viewOf(2).getUint16(0, true));
      case 0x8a: // LONG1
        return this.#push(this.#bytes.integer(this.#bytes.byte()));
      case 0x8b: // LONG4
        return this.#push(this.#bytes.integer(this.#bytes.length(4)));
      case 0x47: // BINFLOAT
        return this.#push(this.#bytes.viewOf(8).getFloat64(0, false));

      case 0x58: // BINUNICODE
        return this.#push(this.#bytes.text(this.#bytes.length(4)));
      case 0x8c: // SHORT_BINUNICODE
        return this.#push(this.#bytes.text(this.#bytes.byte()));
      case 0x8d: // BINUNICODE8
        return this.#push(this.#bytes.text(this.#bytes.length(8)));
      case 0x54: // BINSTRING
        return this.#push(python2Text(this.#bytes.take(this.#bytes.length(4))));
      case 0x55: // SHORT_BINSTRING
        return this.#push(python2Text(this.#bytes.take(this.#bytes.byte())));
      case 0x42: // BINBYTES
        return this.#push(this.#bytes.take(this.#bytes.length(4)));
      case 0x43: // SHORT_BINBYTES
        return this.#push(this.#bytes.take(this.#bytes.byte()));
      case 0x8e: // BINBYTES8
      case 0x96: // BYTEARRAY8
        return this.#push(this.#bytes.take(this.#bytes.length(8)));

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
        this.#memo[this.#bytes.byte()] = this.#top();
        return;
      case 0x72: // LONG_BINPUT
        this.#remember(this.#bytes.length(4));
        return;
      case 0x94: // MEMOIZE
        this.#remember(this.#memo.length);
        return;
      case 0x68: // BINGET
        return this.#push(this.#recall(this.#bytes.byte()));
      case 0x6a: // LONG_BINGET
        return this.#push(this.#recall(this.#bytes.length(4)));

      case 0x63: // GLOBAL
        return this.#push(this.#named(this.#bytes.line(), this.#bytes.line()));
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
}

const containers: ReadonlySet<string> = new Set([
  "collections.OrderedDict",
  "builtins.set",
  "__builtin__.set",
]);
