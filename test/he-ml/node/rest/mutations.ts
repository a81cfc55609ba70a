/** Numbers from 0 to below 1 that look random and are the same in every run. @see Tommy Ettinger's mulberry32 */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export type Random = () => number;
export const upTo = (random: Random, end: number) => Math.floor(random() * end);
export const oneOf = <T>(random: Random, list: readonly T[]): T => list[upTo(random, list.length)];

// Our byte format: HEML, a version, the length of a header in JSON, the header, sections.
const headerAt = 9;
const headerEnd = (bytes: Uint8Array) =>
  headerAt + Buffer.from(bytes.buffer, bytes.byteOffset).readUInt32LE(5);

export const headerOf = (bytes: Uint8Array) =>
  JSON.parse(Buffer.from(bytes.subarray(headerAt, headerEnd(bytes))).toString()) as Record<string, unknown>;

/** The same sections behind another header. */
export function withHeader(bytes: Uint8Array, header: object): Buffer {
  const text = Buffer.from(JSON.stringify(header));
  const head = Buffer.from(bytes.subarray(0, headerAt));
  head.writeUInt32LE(text.length, 5);
  return Buffer.concat([head, text, bytes.subarray(headerEnd(bytes))]);
}

/** Words of SEAL's own head of a ciphertext: what it is, its parameters, sizes. */
const sealHeadBytes = 100;

/** Bytes of our format with damage that is always found: none of it changes coefficients to others that are as good. */
export function damaged(bytes: Uint8Array, random: Random): Buffer {
  const end = headerEnd(bytes);
  const copy = Buffer.from(bytes);
  const ways: (() => Buffer)[] = [
    () => copy.subarray(0, upTo(random, copy.length)),
    () => Buffer.concat([copy, Buffer.alloc(1 + upTo(random, 100), 7)]),
    () => Buffer.concat([copy.subarray(0, end), copy.subarray(end + 1 + upTo(random, 1000))]),
    () => copy.fill(0xff, copy.length - 5000, copy.length - 1000),
    () => copy.fill(1 + upTo(random, 255), 0, 5 + upTo(random, 4)),
    () => copy.fill(upTo(random, 32), headerAt, headerAt + 1 + upTo(random, 50)),
    () => copy.fill(0xff, end, end + 1 + upTo(random, sealHeadBytes)),
    () => withHeader(bytes, without(headerOf(bytes), random)),
    () => withHeader(bytes, withWrong(headerOf(bytes), random)),
  ];
  return oneOf(random, ways)();
}

const wrongValues = [null, -1, 1.5, "", "x", [], {}, [[]], true, 1e300, "0".repeat(64), { a: 1 }] as const;

/** JSON without one of its fields. */
export function without<T extends object>(json: T, random: Random): object {
  const gone = oneOf(random, Object.keys(json));
  return Object.fromEntries(Object.entries(json).filter(([name]) => name !== gone));
}

/** JSON with a value of another type in one of its fields, or with another field. */
export function withWrong<T extends object>(json: T, random: Random): object {
  const name = oneOf(random, [...Object.keys(json), "another"]);
  const value = Reflect.get(json, name) as unknown;
  const wrong = wrongValues.filter((other) => kindOf(other) !== kindOf(value));
  return { ...json, [name]: oneOf(random, wrong) };
}

const kindOf = (value: unknown) => (Array.isArray(value) ? "list" : value === null ? "null" : typeof value);

/** A text of JSON that is none any more, or of another form. */
export function damagedJson(json: object, random: Random): string {
  const text = JSON.stringify(json);
  const ways: (() => string)[] = [
    () => text.slice(0, upTo(random, text.length)),
    () => `${text}${text}`,
    () => text.replace(/[{:]/, oneOf(random, ["", "]", "\u0000", "{{", "NaN"])),
    () => "[".repeat(1 + upTo(random, 20_000)),
    () => JSON.stringify([json]),
    () => JSON.stringify({ another: json }),
    () => JSON.stringify(withWrong(json, random)),
  ];
  return oneOf(random, ways)();
}
