import {
  Uint8ArrayReader,
  Uint8ArrayWriter,
  ZipReader,
  type Entry,
  type FileEntry,
} from "@zip.js/zip.js/lib/zip-core-custom.js";
import { InputError } from "../../errors.js";

/** A network that can be encrypted has a few tensors a layer, each in a file of its own. */
const mostFiles = 10_000;

/**
 * The files in a zip archive as torch.save writes it: stored one after the other, uncompressed.
 *
 * @param checkNames looks at their names before any of them is looked into
 * @throws InputError if it is damaged, or was not written by torch.save
 */
export async function readArchive(
  bytes: Uint8Array,
  checkNames: (names: readonly string[]) => void,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const entries = await readable(() => entriesOf(bytes));
  checkNames(entries.map(({ filename }) => filename));
  const files = new Map<string, Uint8Array>();
  let stored = 0;
  for (const entry of entries) {
    if (entry.compressionMethod !== 0 || entry.encrypted || entry.directory) {
      throw new InputError(
        `${describeEntry(entry)} is compressed, which torch.save never does; save the network again with torch.save`,
      );
    }
    stored += entry.uncompressedSize;
    if (stored > bytes.length) {
      throw new InputError(`its archive claims to hold more than its ${bytes.length} bytes; save it again`);
    }
    files.set(entry.filename, await contentOf(entry));
  }
  return files;
}

async function entriesOf(bytes: Uint8Array): Promise<Entry[]> {
  const zip = new ZipReader(new ArchiveReader(bytes));
  let count = 0;
  const entries: Entry[] = [];
  for await (const entry of zip.getEntriesGenerator({
    onprogress: async (_, total) => void (count = total),
  })) {
    if (count > mostFiles) {
      throw new InputError(`expected at most ${mostFiles} files in its archive, got ${count}`);
    }
    entries.push(entry);
  }
  return entries;
}

/** @throws InputError if the file is cut off, lies where another one does, or has another checksum */
async function contentOf(entry: FileEntry): Promise<Uint8Array> {
  const checks = { checkCrc32: true, checkOverlappingEntry: true, useWebWorkers: false };
  try {
    return await entry.getData(new Uint8ArrayWriter(), checks);
  } catch (cause) {
    throw new InputError(`${describeEntry(entry)} is damaged; save the network again`, { cause });
  }
}

/** Of the record that ends an archive (APPNOTE.TXT 4.3.16): its length, and where it tells counts, size and place. */
const [endBytes, tellsFrom, tellsTo] = [22, 8, 20];
/** The locator of the zip64 records, which lies before it (4.3.15). */
const [locatorBytes, locatorSignature] = [20, 0x07064b50];

/**
 * torch.save writes zip64 records always, and zip.js looks at them only where the last record sends it there, which
 * this reader makes it do; otherwise zip.js takes them for part of the directory, and some archives for damaged.
 */
class ArchiveReader extends Uint8ArrayReader {
  readonly #end: number;
  readonly #hasZip64: boolean;

  constructor(bytes: Uint8Array) {
    super(bytes);
    this.#end = bytes.length - endBytes;
    const locator = this.#end - locatorBytes;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#hasZip64 = locator >= 0 && view.getUint32(locator, true) === locatorSignature;
  }

  override async readUint8Array(offset: number, length: number): Promise<Uint8Array> {
    const bytes = await super.readUint8Array(offset, length);
    if (!this.#hasZip64 || offset + length <= this.#end) return bytes;
    const at = (position: number) => Math.max(0, this.#end + position - offset);
    return bytes.slice().fill(0xff, at(tellsFrom), at(tellsTo));
  }
}

/** zip.js answers damage with errors of its own. */
async function readable<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof InputError) throw error;
    const reason = (error instanceof Error ? error.message : String(error)).replace(/\s+/g, " ");
    throw new InputError(`its archive is damaged (${reason}); save the network again`);
  }
}

const describeEntry = ({ filename }: Entry) => `file ${JSON.stringify(filename)} of its archive`;
