import { InputError } from "../../errors.js";
import { numberBytes } from "../numbers.js";
import { readArchive } from "./archive.js";
import { call, refuseQuantized, requireBytes, storageId } from "./names.js";
import type { PickleValue } from "./pickle-values.js";
import { readPickle, type PickleReader } from "./pickle.js";
import type { Storage } from "./tensors.js";

/** What torch.save was given, as data, and every name of Python's in it. */
export interface TorchFile {
  readonly value: PickleValue;
  readonly names: ReadonlySet<string>;
}

/**
 * Reads what torch.save wrote, in its zip format (PyTorch 1.6 and later) or the legacy one. Nothing is run.
 *
 * @throws InputError if the bytes are no such file, or damaged, or would call what no network needs
 */
export async function readTorchFile(bytes: Uint8Array): Promise<TorchFile> {
  const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b;
  return isZip ? readZip(bytes) : readLegacy(bytes);
}

/** The file in the archive that holds the object; its storages lie in files of their own. */
const object = "data.pkl";

/** The folder in the archive in which torch.save puts everything. @throws InputError if it is another archive */
function rootOf(names: readonly string[]): string {
  const path = names.find((name) => name === object || name.endsWith(`/${object}`));
  if (path === undefined) {
    throw new InputError(
      `its archive holds no ${object}, so that torch.save did not write it; save it with torch.save`,
    );
  }
  const root = path.slice(0, -object.length);
  if (names.some((name) => name.startsWith(`${root}code/`) || name === `${root}constants.pkl`)) {
    throw new InputError(
      `it is a TorchScript archive (torch.jit.save), a program; save the nn.Sequential itself with torch.save, or ` +
        `export it to ONNX`,
    );
  }
  return root;
}

async function readZip(bytes: Uint8Array): Promise<TorchFile> {
  let root = "";
  const files = await readArchive(bytes, (names) => (root = rootOf(names)));
  const order = files.get(`${root}byteorder`);
  if (order && new TextDecoder().decode(order) !== "little") throw bigEndian();
  const storages = new Map<string, Storage>();
  const names = new Set<string>();
  const { value } = readPickle(files.get(`${root}${object}`)!, 0, {
    named: note(names),
    call,
    persistent: (id) => {
      const { key, ...described } = storageId(id);
      const known = storages.get(key);
      const storage = known ?? {
        ...described,
        bytes: requireBytes(described, files.get(`${root}data/${key}`)),
      };
      requireSame(storage, described);
      storages.set(key, storage);
      return storage;
    },
  });
  return { value, names };
}

/** Hears the names in a pickle. */
const note = (names: Set<string>) => (name: string) => {
  refuseQuantized(name);
  names.add(name);
};

const legacyMagic = 0x1950a86a20f9469cfc6cn;
const legacyProtocol = 1001;

/**
 * Five pickles (a magic number, a version, the machine, the object, the keys of its storages), and then the storages:
 * each its length and its bytes.
 *
 * @see https://github.com/pytorch/pytorch/blob/v2.13.0/torch/serialization.py `_legacy_save`
 */
function readLegacy(bytes: Uint8Array): TorchFile {
  const names = new Set<string>();
  const storages = new Map<string, Storage>();
  const plain: PickleReader = {
    named: note(names),
    call,
    persistent: () => {
      throw notTorch();
    },
  };
  let position = 0;
  const next = (reader: PickleReader) => {
    const { value, end } = readPickle(bytes, position, reader);
    position = end;
    return value;
  };
  requireBeginning(bytes);
  if (next(plain) !== legacyMagic || next(plain) !== legacyProtocol) throw notTorch();
  const machine = next(plain);
  if (!(machine instanceof Map)) throw notTorch();
  if (machine.get("little_endian") !== true) throw bigEndian();
  const value = next({
    ...plain,
    persistent: (id) => {
      // A class comes with its source, which is not looked at.
      if (Array.isArray(id) && id[0] === "module") return id[1] ?? null;
      const { key, ...described } = storageId(id);
      const storage = storages.get(key) ?? described;
      requireSame(storage, described);
      storages.set(key, storage);
      return storage;
    },
  });
  const keys = next(plain);
  if (!Array.isArray(keys)) throw notTorch();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const key of keys) {
    const storage = storages.get(String(key));
    if (!storage || position + 8 > bytes.length) throw cutOff();
    const count = Number(view.getBigInt64(position, true));
    const start = position + 8;
    position = start + storage.count * numberBytes[storage.type];
    if (count !== storage.count || position > bytes.length) throw cutOff();
    storage.bytes = requireBytes(storage, bytes.subarray(start, position));
  }
  if (position !== bytes.length) throw cutOff();
  return { value, names };
}

/** The magic number as every protocol from 2 on pickles it. */
function requireBeginning(bytes: Uint8Array): void {
  if (bytes.length < 2 || bytes[0] !== 0x80) throw notTorch();
}

/** @throws InputError if a storage is spoken of in two ways */
function requireSame(known: Omit<Storage, "bytes">, described: Omit<Storage, "bytes">): void {
  if (known.type !== described.type || known.count !== described.count) throw cutOff();
}

const notTorch = () =>
  new InputError(`it is no file that torch.save wrote, or a damaged one; save the network with torch.save`);
const cutOff = () => new InputError(`its values are damaged or cut off; save the network again`);
const bigEndian = () =>
  new InputError(`it was saved on a big-endian machine; load it there and export it to ONNX`);
