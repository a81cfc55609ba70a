import { damaged } from "./pickle-values.js";

/** PyTorch's own integers, its magic number among them, have ten bytes at most. */
const longestInteger = 32;

/** The bytes of a pickle, read from a place on. Whatever is read is there, or the pickle is damaged. */
export class PickleBytes {
  readonly #view: DataView;
  #position: number;

  constructor(
    private readonly bytes: Uint8Array,
    start: number,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#position = start;
  }

  get position(): number {
    return this.#position;
  }

  take(count: number): Uint8Array {
    if (count > this.bytes.length - this.#position) throw damaged("it ends too early");
    this.#position += count;
    return this.bytes.subarray(this.#position - count, this.#position);
  }

  byte(): number {
    return this.take(1)[0];
  }

  viewOf(count: number): DataView {
    const { byteOffset } = this.take(count);
    return new DataView(this.#view.buffer, byteOffset, count);
  }

  length(bytes: 4 | 8): number {
    const view = this.viewOf(bytes);
    return bytes === 4 ? view.getUint32(0, true) : Number(view.getBigUint64(0, true));
  }

  text(count: number): string {
    return decode(this.take(count));
  }

  line(): string {
    const end = this.bytes.indexOf(0x0a, this.#position);
    if (end < 0) throw damaged("it ends too early");
    const text = this.text(end - this.#position);
    this.take(1);
    return text;
  }

  /** A two's complement of any length. */
  integer(count: number): number | bigint {
    if (count > longestInteger) throw damaged(`an integer of ${count} bytes`);
    const bytes = this.take(count);
    let value = 0n;
    for (let i = count - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]);
    if (count > 0 && bytes[count - 1] >= 0x80) value -= 1n << BigInt(8 * count);
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }
}

const decoder = new TextDecoder("utf-8", { fatal: true });

function decode(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw damaged("a text is not UTF-8");
  }
}

/** Python 2 writes texts as bytes: names and keys in ASCII, and source code, which nobody reads, in any encoding. */
export function python2Text(bytes: Uint8Array): string | Uint8Array {
  try {
    return decoder.decode(bytes);
  } catch {
    return bytes;
  }
}
