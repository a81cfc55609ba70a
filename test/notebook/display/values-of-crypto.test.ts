import { beforeAll, describe, expect, test } from "@jest/globals";
import { inspect } from "node:util";
import type { EncryptedTensor, SerializedTensor } from "../../../src/he-ml/crypto/encrypted-tensor.js";
import { checkParameters } from "../../../src/he-ml/crypto/parameters.js";
import type { PublicContext } from "../../../src/he-ml/crypto/public-context.js";
import { SecretContext } from "../../../src/he-ml/crypto/secret-context.js";
import { tensor } from "../../../src/he-ml/tensor/tensor.js";
import { toMimeBundle } from "../../../src/notebook/display/index.js";
import { lazyParameters, openSeal, randomTensor } from "../../he-ml/support.js";
import { clearRun, facts, textCells } from "./values.js";

let clear: Awaited<ReturnType<typeof clearRun>>;

let client: SecretContext;

let server: PublicContext;

let serialized: SerializedTensor;

let encrypted: EncryptedTensor;

beforeAll(async () => {
  clear = await clearRun();
  ({ client, server } = await openSeal(lazyParameters));
  serialized = client.encrypt(randomTensor([3, 1, 2, 2], 1), { packing: "batch" });
  encrypted = server.load(serialized);
});

describe("encrypted tensors", () => {
  test("of SEAL: layout, level, scale, slots and bytes", () => {
    expect(facts(toMimeBundle(encrypted))).toEqual({
      "shape for one image": "1×2×2",
      packing: "batch: one position of the image a ciphertext, slot = image",
      images: "3",
      ciphertexts: "4",
      level: "3 of 3 data primes left",
      scale: "2^20",
      "slots used": "3 of 512 (0.59 %)",
      // 4 ciphertexts of 2 polynomials with 1024 coefficients of 8 bytes for each of 3 primes
      "size in memory": "197 kB",
    });
  });

  test("of the clear twin, in packing scalar", () => {
    const scalar = clear.context.encrypt(randomTensor([2, 3], 1), { packing: "scalar" });
    expect(facts(toMimeBundle(scalar))).toMatchObject({
      packing: "scalar: one value a ciphertext",
      ciphertexts: "6",
      "slots used": "1 of 512, repeated in all",
    });
  });

  test("show what was encrypted to nobody: other images, the same table", () => {
    const other = server.load(client.encrypt(randomTensor([3, 1, 2, 2], 2), { packing: "batch" }));
    expect(toMimeBundle(other)).toEqual(toMimeBundle(encrypted));
  });

  test("say so when they were disposed of", () => {
    const gone = server.load(serialized);
    gone[Symbol.dispose]();
    expect(facts(toMimeBundle(gone)).state).toMatch("disposed of");
    expect(inspect(gone)).toMatch("EncryptedTensor");
  });

  test("that travel: how many bytes", () => {
    const bytes = serialized.ciphertexts.reduce((sum, { length }) => sum + length, 0);
    expect(facts(toMimeBundle(serialized))["in all"]).toBe(
      `${(bytes / 1000).toPrecision(3).replace(/\.0$/, "")} kB`,
    );
  });
});

describe("contexts and keys", () => {
  test("the client's says that its secret key is not shown, and that teaching parameters protect nothing", () => {
    expect(facts(toMimeBundle(client))).toEqual({
      role: "client: makes the keys, encrypts and decrypts",
      "secret key": "held here, not shown",
      "ring degree N": "1024",
      slots: "512",
      "modulus chain": "[50, 60, 48 | 60]",
      security: "NONE (teaching parameters)",
    });
  });

  test("the server's has none, the clear twin encrypts nothing", () => {
    expect(facts(toMimeBundle(server)).keys).toMatch("no secret key");
    expect(facts(toMimeBundle(clear.context)).keys).toMatch("nothing is encrypted");
  });

  test("nothing that is shown depends on the secret key", async () => {
    const other = await SecretContext.create(lazyParameters);
    expect(other.exportSecretKey()).not.toEqual(client.exportSecretKey());
    expect(toMimeBundle(other)).toEqual(toMimeBundle(client));
    expect(inspect(other, { depth: Infinity, showHidden: true })).toBe(inspect(client));
    expect(toMimeBundle(other.exportEvaluationKeys())).toEqual(toMimeBundle(client.exportEvaluationKeys()));
  });

  test("evaluation keys: the bytes of each", () => {
    const { publicKey, relinKeys } = client.exportEvaluationKeys();
    expect(Object.keys(facts(toMimeBundle({ publicKey, relinKeys })))).toEqual([
      "publicKey",
      "relinKeys",
      "in all",
    ]);
  });

  test("evaluation keys with rotations: which, and up to which level", () => {
    const keys = client.exportEvaluationKeys([
      { step: 1, level: 2 },
      { step: 4, level: 3 },
      { step: 8, level: 2 },
    ]);
    const row = textCells(toMimeBundle(keys)).find(([name]) => name === "rotationKeys");
    expect(row?.[2]).toBe("slots moved by 4 (level 3); 1, 8 (level 2)");
  });

  test("parameters: each number with what it means", () => {
    const secure = checkParameters({
      polyModulusDegree: 8192,
      coeffModulusBits: [50, 60, 48, 60],
      scaleBits: 20,
      weightScaleBits: 16,
    });
    const rows = textCells(toMimeBundle(secure));
    expect(facts(toMimeBundle(secure))).toMatchObject({
      polyModulusDegree: "8192",
      slots: "4096",
      coeffModulusBits: "[50, 60, 48 | 60]",
      "in all": "218 bits",
      levels: "3",
      security: "128 bits",
    });
    for (const [, , meaning] of rows) expect(meaning).not.toBe("");
  });

  test("print themselves in one line where nothing displays them", () => {
    expect(inspect(client)).toMatch(/^SecretContext \{ N = 1024.*not shown \}$/);
    expect(inspect(server)).toMatch(/^PublicContext \{ N = 1024.*no secret key \}$/);
    expect(inspect(encrypted)).toBe(
      "EncryptedTensor { 1×2×2, packing batch, images 3, ciphertexts 4, level 3 }",
    );
    expect(inspect({ deep: { client, encrypted } }, { depth: 5 })).not.toMatch("Seal");
  });
});

describe("plain numbers", () => {
  test("a tensor: its shape, first values and range", () => {
    const values = [3, -1, 0.5, 0, 0, 0, 0, 0, 0.123456];
    expect(facts(toMimeBundle(tensor([3, 3], values)))).toEqual({
      shape: "3×3 (9 values)",
      "first values": "3, -1, 0.5, 0, 0, 0, 0, 0, …",
      min: "-1",
      max: "3",
      mean: "0.2915",
    });
    expect(facts(toMimeBundle(tensor([0], [])))).toEqual({ shape: "0, no values" });
  });

  test("the statistics of an error", () => {
    const { error } = clear.traces[0];
    expect(Object.keys(facts(toMimeBundle(error)))).toEqual(Object.keys(error!));
  });
});
