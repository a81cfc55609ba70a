import { crc32 } from "node:zlib";

export interface ZipEntry {
  readonly name: string;
  readonly data: Uint8Array;
  /** 8 is deflate; 0, stored, unless given. */
  readonly method?: number;
  /** What the archive claims, unless it is the truth. */
  readonly claimedSize?: number;
  /** Position of the entry in whose place this one claims to lie. */
  readonly placeOf?: number;
  readonly isEncrypted?: boolean;
}

/** A zip archive, honest or not. */
export function zipOf(entries: readonly ZipEntry[]): Uint8Array {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  const offsets: number[] = [];
  for (const entry of entries) {
    const { name, data, method = 0, claimedSize = data.length, placeOf = offsets.length } = entry;
    offsets.push(offset);
    const fileName = Buffer.from(name);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    for (const [header, at] of [
      [local, 4],
      [central, 6],
    ] as const) {
      header.writeUInt16LE(20, at);
      header.writeUInt16LE(entry.isEncrypted ? 1 : 0, at + 2);
      header.writeUInt16LE(method, at + 4);
      header.writeUInt32LE(crc32(data), at + 10);
      header.writeUInt32LE(method === 0 ? claimedSize : data.length, at + 14);
      header.writeUInt32LE(claimedSize, at + 18);
      header.writeUInt16LE(fileName.length, at + 22);
    }
    central.writeUInt32LE(offsets[placeOf], 42);
    parts.push(local, fileName, Buffer.from(data));
    directory.push(central, fileName);
    offset += 30 + fileName.length + data.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return new Uint8Array(Buffer.concat([...parts, central, end]));
}

/** What torch.save writes for an object with this pickle, without storages. */
export function torchZip(
  pickle: Uint8Array,
  storages: Readonly<Record<string, Uint8Array>> = {},
): Uint8Array {
  return zipOf([
    { name: "archive/data.pkl", data: pickle },
    ...Object.entries(storages).map(([key, data]) => ({ name: `archive/data/${key}`, data })),
  ]);
}
