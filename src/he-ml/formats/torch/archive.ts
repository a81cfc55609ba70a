import { crc32 } from "node:zlib";
import { fromBufferPromise, type Entry, type ZipFile } from "yauzl";
import { InputError } from "../../errors.js";

/** A network that can be encrypted has a few tensors a layer, each in a file of its own. */
const mostFiles = 10_000;

/**
 * The files in a zip archive as torch.save writes it: stored one after the other, uncompressed. Nothing is copied.
 *
 * @param checkNames looks at their names before any of them is looked into
 * @throws InputError if it is damaged, or was not written by torch.save
 */
export async function readArchive(
  bytes: Uint8Array,
  checkNames: (names: readonly string[]) => void,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const zip = await readable(() => fromBufferPromise(buffer, { lazyEntries: true }));
  if (zip.entryCount > mostFiles) {
    throw new InputError(`expected at most ${mostFiles} files in its archive, got ${zip.entryCount}`);
  }
  const entries = await readable(() => entriesOf(zip));
  checkNames(entries.map(({ fileName }) => fileName));
  const files = new Map<string, Uint8Array>();
  let stored = 0;
  for (const entry of entries) {
    if (entry.compressionMethod !== 0 || entry.isEncrypted()) {
      throw new InputError(
        `${describeEntry(entry)} is compressed, which torch.save never does; save the network again with torch.save`,
      );
    }
    stored += entry.uncompressedSize;
    if (stored > bytes.length) {
      throw new InputError(`its archive claims to hold more than its ${bytes.length} bytes; save it again`);
    }
    const { fileDataStart } = await readable(() => zip.readLocalFileHeaderPromise(entry, { minimal: true }));
    const file = bytes.subarray(fileDataStart, fileDataStart + entry.uncompressedSize);
    if (file.length !== entry.uncompressedSize || crc32(file) !== entry.crc32) {
      throw new InputError(`${describeEntry(entry)} is damaged; save the network again`);
    }
    files.set(entry.fileName, file);
  }
  return files;
}

async function entriesOf(zip: ZipFile): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const entry of zip.eachEntry()) entries.push(entry);
  return entries;
}

/** yauzl answers damage with errors of its own. */
async function readable<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    const reason = (error instanceof Error ? error.message : String(error)).replace(/\s+/g, " ");
    throw new InputError(`its archive is damaged (${reason}); save the network again`);
  }
}

const describeEntry = ({ fileName }: Entry) => `file ${JSON.stringify(fileName)} of its archive`;
