import { InputError } from "../errors.js";

// A head (JSON in UTF-8), behind its length (32 bits, little-endian), and sections of bytes, whose lengths the head gives. It
// goes between processes of one service, and into its store; what goes to clients is in `crypto/byte-format.ts`.

const lengthBytes = 4;

interface Written {
  readonly head: unknown;
  readonly lengths: readonly number[];
}

/** Bytes of several sections, and what is to be known of them. */
export function packSections(head: unknown, sections: readonly Uint8Array[]): Uint8Array {
  const written: Written = { head, lengths: sections.map(({ length }) => length) };
  const text = new TextEncoder().encode(JSON.stringify(written));
  const start = lengthBytes + text.length;
  const bytes = new Uint8Array(sections.reduce((sum, { length }) => sum + length, start));
  new DataView(bytes.buffer).setUint32(0, text.length, true);
  bytes.set(text, lengthBytes);
  let at = start;
  for (const section of sections) {
    bytes.set(section, at);
    at += section.length;
  }
  return bytes;
}

/**
 * Takes apart what `packSections` made, without copying.
 *
 * @throws InputError unless the lengths are those of the bytes
 */
export function unpackSections(bytes: Uint8Array): { head: unknown; sections: Uint8Array[] } {
  const damaged = () =>
    new InputError(`sections: expected bytes as packSections makes them, got ${bytes.length} others`);
  if (bytes.length < lengthBytes) throw damaged();
  const headLength = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const start = lengthBytes + headLength;
  if (start > bytes.length) throw damaged();
  const { head, lengths } = writtenIn(bytes.subarray(lengthBytes, start)) ?? {};
  if (!Array.isArray(lengths) || !lengths.every((length) => Number.isInteger(length) && length >= 0)) {
    throw damaged();
  }
  let at = start;
  const sections = (lengths as number[]).map((length) => bytes.subarray(at, (at += length)));
  if (at !== bytes.length) throw damaged();
  return { head, sections };
}

function writtenIn(text: Uint8Array): Partial<Written> | undefined {
  try {
    return JSON.parse(new TextDecoder().decode(text)) as Partial<Written>;
  } catch {
    return undefined;
  }
}
