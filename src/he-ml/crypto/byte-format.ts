import * as z from "zod";
import { InputError } from "../errors.js";

// What travels or is stored begins alike: the letters HEML, the version of the format (1 byte), the length of a header in
// bytes (32 bits, little-endian), and that header, JSON in UTF-8. Sections of bytes follow, whose lengths the header gives.

const magic = [0x48, 0x45, 0x4d, 0x4c];
const formatVersion = 1;
const headerStart = magic.length + 1 + 4;
/** A header lists a key's rotations, at most some thousands. */
const longestHeader = 2 ** 20;

/** Encryption schemes that a format can name. */
export const schemes = ["ckks"] as const;

/** So many sections of so many bytes each. */
const sectionsSchema = z.array(z.strictObject({ count: z.int().min(1), bytes: z.int().min(0) }));

/** What every header says, whatever its kind. */
export interface ByteHeader {
  readonly kind: string;
  readonly scheme: (typeof schemes)[number];
}

/** A header with its sections, views of the bytes that were read. */
export interface Unpacked<H> {
  readonly header: H;
  readonly sections: readonly Uint8Array[];
}

/** Bytes of what follows the header. */
export function payloadLength(bytes: Uint8Array): number {
  const headerLength = new DataView(bytes.buffer, bytes.byteOffset).getUint32(magic.length + 1, true);
  return bytes.length - headerStart - headerLength;
}

/** Header and sections as bytes of our own format. */
export function packBytes<H extends ByteHeader>(header: H, sections: readonly Uint8Array[]): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify({ ...header, sections: runsOf(sections) }));
  const length = sections.reduce((sum, section) => sum + section.length, headerStart + text.length);
  const bytes = new Uint8Array(length);
  bytes.set([...magic, formatVersion]);
  new DataView(bytes.buffer).setUint32(magic.length + 1, text.length, true);
  bytes.set(text, headerStart);
  let at = headerStart + text.length;
  for (const section of sections) {
    bytes.set(section, at);
    at += section.length;
  }
  return bytes;
}

/**
 * Takes bytes of our own format apart, without copying. Lengths are checked before anything is made by them.
 *
 * @param what how messages call the bytes, such as `encrypted tensor`
 * @param shape the fields of this kind's header, beside `kind`, `scheme` and `sections`
 * @throws InputError unless the bytes are of this kind and version, whole, and nothing follows them
 */
export function unpackBytes<S extends z.ZodRawShape>(
  what: string,
  kind: string,
  bytes: Uint8Array,
  shape: S,
): Unpacked<ByteHeader & z.infer<z.ZodObject<S>>> {
  if (!(bytes instanceof Uint8Array)) {
    throw new InputError(
      `${what}: expected bytes (a Uint8Array), got ${bytes === null ? "null" : typeof bytes}`,
    );
  }
  const damaged = (reason: string) => new InputError(`${what}: ${reason}; make it again, and send all of it`);
  if (bytes.length < headerStart || magic.some((letter, i) => bytes[i] !== letter)) {
    throw damaged(`expected bytes that begin with HEML, got ${bytes.length} others`);
  }
  if (bytes[magic.length] !== formatVersion) {
    throw new InputError(
      `${what}: expected version ${formatVersion} of the format, got version ${bytes[magic.length]}; ` +
        `use the same version of he-ml on both sides`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = view.getUint32(magic.length + 1, true);
  if (headerLength > longestHeader || headerStart + headerLength > bytes.length) {
    throw damaged(`its header of ${headerLength} bytes is cut off, or longer than ${longestHeader}`);
  }
  const parsed = headerSchema(kind, shape).safeParse(
    jsonOf(bytes.subarray(headerStart, headerStart + headerLength)),
  );
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw damaged(`its header: ${issue.path.join(".") || "the whole"}: ${issue.message}`);
  }
  const { sections, ...header } = parsed.data as unknown as ByteHeader &
    z.infer<z.ZodObject<S>> & { sections: z.infer<typeof sectionsSchema> };
  const start = headerStart + headerLength;
  const expected = sections.reduce((sum, run) => sum + run.count * run.bytes, start);
  if (expected !== bytes.length) throw damaged(`expected ${expected} bytes, got ${bytes.length}`);
  // No section may be empty, so that there are no more of them than bytes.
  if (sections.some((run) => run.bytes === 0)) throw damaged(`its header: sections: one is empty`);
  return { header: header as ByteHeader & z.infer<z.ZodObject<S>>, sections: cut(bytes, start, sections) };
}

function headerSchema<S extends z.ZodRawShape>(kind: string, shape: S) {
  return z.strictObject({
    kind: z.literal(kind),
    scheme: z.enum(schemes),
    ...shape,
    sections: sectionsSchema,
  });
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

function cut(bytes: Uint8Array, start: number, runs: z.infer<typeof sectionsSchema>): Uint8Array[] {
  let at = start;
  return runs.flatMap((run) =>
    Array.from({ length: run.count }, () => {
      at += run.bytes;
      return bytes.subarray(at - run.bytes, at);
    }),
  );
}

function runsOf(sections: readonly Uint8Array[]): z.infer<typeof sectionsSchema> {
  const runs: { count: number; bytes: number }[] = [];
  for (const { length: bytes } of sections) {
    const last = runs.at(-1);
    if (last?.bytes === bytes) last.count++;
    else runs.push({ count: 1, bytes });
  }
  return runs;
}

/** What bytes of our own format say of themselves. */
export interface BytesDescription {
  readonly kind: string;
  /** Fields of the header. */
  readonly header: Readonly<Record<string, unknown>>;
  /** Lengths of what follows it. */
  readonly sections: unknown;
  /** Of the whole. */
  readonly bytes: number;
}

/** Reads the header of bytes of our own format, whatever their kind; undefined for others. */
export function describeBytes(bytes: Uint8Array): BytesDescription | undefined {
  if (bytes.length < headerStart || magic.some((letter, i) => bytes[i] !== letter)) return undefined;
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(magic.length + 1, true);
  const parsed = z
    .looseObject({ kind: z.string(), sections: z.unknown() })
    .safeParse(
      length > longestHeader ? undefined : jsonOf(bytes.subarray(headerStart, headerStart + length)),
    );
  if (!parsed.success) return undefined;
  const { kind, sections, ...header } = parsed.data;
  return { kind, header, sections, bytes: bytes.length };
}
