import { beforeAll, describe, expect, test } from "@jest/globals";
import type { PublicContext } from "../../../src/he-ml/crypto/public-context.js";
import { SecretContext } from "../../../src/he-ml/crypto/secret-context.js";
import { FormatError } from "../../../src/he-ml/crypto/seal-format.js";
import { lazyParameters, randomTensor, rejectedBy, thrownBy } from "../support.js";
import { openCounted } from "../wasm-memories.js";
import { expectInputError } from "./contexts.js";

let client: SecretContext;
let server: PublicContext;
let wasmBytes: () => number[];
/** All that SEAL writes and reads, each with what reads it. */
let doors: Record<
  string,
  { readonly sound: Uint8Array; readonly read: (bytes: Uint8Array) => Promise<unknown> }
>;

const layout = { shape: [1], packing: "batch", images: 2 } as const;
const rotation = { step: 3, level: 2 };

beforeAll(async () => {
  ({ client, server, bytes: wasmBytes } = await openCounted());
  const keys = client.exportEvaluationKeys([rotation]);
  const [fresh] = client.encrypt(randomTensor([2, 1], 1), { packing: "batch" }).ciphertexts;
  const computed = server.evaluator.save(server.evaluator.load(fresh));
  const load = async (bytes: Uint8Array) => server.evaluator.load(bytes)[Symbol.dispose]();
  const decrypt = async (bytes: Uint8Array) => client.decrypt({ ...layout, ciphertexts: [bytes] });
  const withKeys = (bytes: (changed: Uint8Array) => object) => async (changed: Uint8Array) =>
    server.withKeys({ ...keys, ...bytes(changed) })[Symbol.dispose]();
  doors = {
    "a fresh ciphertext, by the server": { sound: fresh, read: load },
    "a fresh ciphertext, by the client": { sound: fresh, read: decrypt },
    "a computed ciphertext, by the server": { sound: computed, read: load },
    "a computed ciphertext, by the client": { sound: computed, read: decrypt },
    "a public key": { sound: keys.publicKey, read: withKeys((publicKey) => ({ publicKey })) },
    "relinearization keys": { sound: keys.relinKeys, read: withKeys((relinKeys) => ({ relinKeys })) },
    "a rotation key": {
      sound: keys.rotationKeys![0].bytes,
      read: withKeys((bytes) => ({ rotationKeys: [{ ...rotation, bytes }] })),
    },
    "a secret key": {
      sound: client.exportSecretKey(),
      read: (bytes) => SecretContext.fromSecretKey(lazyParameters, bytes),
    },
  };
});

/** Where SEALHeaders stand: magic, header_size, version_major. */
function headersIn(bytes: Uint8Array): number[] {
  const [buffer, start] = [Buffer.from(bytes), Buffer.from([0x5e, 0xa1, 16, 4])];
  const found: number[] = [];
  for (let at = buffer.indexOf(start); at >= 0; at = buffer.indexOf(start, at + 1)) found.push(at);
  return found;
}

function changed(bytes: Uint8Array, change: (view: DataView) => void): Uint8Array {
  const copy = bytes.slice();
  change(new DataView(copy.buffer));
  return copy;
}

function without(bytes: Uint8Array, at: number): Uint8Array {
  const shorter = bytes.slice(0, -1);
  shorter.set(bytes.subarray(at + 1), at);
  return shorter;
}

/** Ways in which a header can lie about what follows. */
const lies: ((view: DataView, at: number) => void)[] = [
  (view, at) => view.setUint8(at, 0),
  (view, at) => view.setUint8(at + 2, 17),
  (view, at) => view.setUint8(at + 5, 1),
  (view, at) => view.setUint8(at + 5, 2),
  ...[30n, 31n, 63n].map(
    (bits) => (view: DataView, at: number) => view.setBigUint64(at + 8, 1n << bits, true),
  ),
  (view, at) => {
    view.setUint8(at + 5, 2);
    view.setBigUint64(at + 8, 1n << 31n, true);
  },
];

const names = [
  ...["fresh", "computed"].flatMap((which) =>
    ["server", "client"].map((who) => `a ${which} ciphertext, by the ${who}`),
  ),
  ...["a public key", "relinearization keys", "a rotation key", "a secret key"],
];

describe.each(names)("%s", (name) => {
  test("is read as it is, also from a Buffer in the midst of others", async () => {
    const { sound, read } = doors[name];
    await read(sound);
    const pool = Buffer.alloc(sound.length + 20, 77);
    pool.set(sound, 13);
    await read(pool.subarray(13, 13 + sound.length));
  });

  test("of which any header lies is refused before SEAL sees it, in one line, and takes no memory", async () => {
    const { sound, read } = doors[name];
    const before = Math.max(...wasmBytes());
    for (const at of headersIn(sound)) {
      for (const lie of name === "a secret key" ? lies.slice(-2) : lies) {
        const error = await rejectedBy(() => read(changed(sound, (view) => lie(view, at))));
        expectInputError(error, /^[^\n]*: (magic|header_size|compr_mode|size) is|and their header says/);
        expect((error as Error).cause).toBeInstanceOf(FormatError);
      }
    }
    expect(Math.max(...wasmBytes())).toBe(before);
  });

  test("of which one byte is lost anywhere is refused before SEAL sees it", async () => {
    const { sound, read } = doors[name];
    const before = Math.max(...wasmBytes());
    // Each secret key that is read opens a SEAL of its own.
    const count = name === "a secret key" ? 6 : 40;
    const places = Array.from({ length: count }, (_, i) =>
      i < count / 2 ? 7 * i : Math.floor((sound.length * i) / count),
    );
    for (const at of places) expectInputError(await rejectedBy(() => read(without(sound, at))));
    expect(Math.max(...wasmBytes())).toBe(before);
  });
});

describe("refused by the name of the field:", () => {
  const scaleAt = 73;
  test.each<[string, (view: DataView) => void, RegExp]>([
    ["parms_id", (view) => view.setUint8(16, view.getUint8(16) ^ 1), /parms_id is that of no level/],
    ["is_ntt_form", (view) => view.setUint8(48, 0), /is_ntt_form is 0, expected 1/],
    ["size", (view) => view.setBigUint64(49, 2n ** 40n, true), /size is 1099511627776, expected 2 or 3/],
    [
      "poly_modulus_degree",
      (view) => view.setBigUint64(57, 2048n, true),
      /poly_modulus_degree is 2048, expected 1024/,
    ],
    ["coeff_modulus_size", (view) => view.setBigUint64(65, 2n, true), /coeff_modulus_size is 2, expected 3/],
    ["correction_factor", (view) => view.setBigUint64(81, 3n, true), /correction_factor is 3, expected 1/],
    [
      "the count of coefficients",
      (view) => view.setBigUint64(105, 2n ** 28n, true),
      /its length is 268435456, expected 3072/,
    ],
    [
      "the generator of the seed",
      (view) => view.setUint8(view.byteLength - 65, 2),
      /prng_type is 2, expected 1/,
    ],
    ...[1e-310, NaN, -(2 ** 20), 0, Infinity, 2 ** 200].map(
      (scale): [string, (view: DataView) => void, RegExp] => [
        `scale ${scale}`,
        (view) => view.setFloat64(scaleAt, scale, true),
        /scale is .*, expected one from 2\^-842 to 2\^158/,
      ],
    ),
  ])("%s", async (_, change, message) => {
    for (const who of ["server", "client"]) {
      const { sound, read } = doors[`a fresh ciphertext, by the ${who}`];
      expectInputError(await rejectedBy(() => read(changed(sound, change))), message);
    }
  });

  test("a scale that is not that of the others, or not the expected one", () => {
    const { ciphertexts } = client.encrypt(randomTensor([2, 2], 1), { packing: "batch" });
    const damaged = changed(ciphertexts[1], (view) => view.setFloat64(scaleAt, 2 ** 21, true));
    const decrypt = (bytes: readonly Uint8Array[], at?: { level: number; scale: number }) =>
      thrownBy(() => client.decrypt({ ...layout, shape: [bytes.length], ciphertexts: bytes }, at));
    expect(decrypt(ciphertexts, { level: 3, scale: 2 ** 20 })).toBeUndefined();
    expectInputError(
      decrypt([ciphertexts[0], damaged]),
      /at level 3 and scale 2\^20.00, got level 3 and scale 2\^21.00/,
    );
    expectInputError(decrypt([damaged], { level: 3, scale: 2 ** 20 }), /expected .* scale 2\^20.00, got/);
    expectInputError(
      decrypt([ciphertexts[0]], { level: 2, scale: 2 ** 20 }),
      /expected .* level 2 .* got level 3/,
    );
  });
});
