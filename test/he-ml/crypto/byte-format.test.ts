import { beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { z } from "zod";
import {
  describeBytes,
  packBytes,
  payloadLength,
  unpackBytes,
} from "../../../src/he-ml/crypto/byte-format.js";
import {
  keysFromBytes,
  keysToBytes,
  secretKeyFromBytes,
  secretKeyToBytes,
} from "../../../src/he-ml/crypto/key-bytes.js";
import { evaluationKeyBytes } from "../../../src/he-ml/crypto/rotation-keys.js";
import { SecretContext } from "../../../src/he-ml/crypto/secret-context.js";
import { tensorFromBytes } from "../../../src/he-ml/crypto/tensor-bytes.js";
import { InputError } from "../../../src/he-ml/errors.js";
import { lazyParameters, randomTensor, thrownBy } from "../support.js";
import {
  at,
  checkChangedBytes,
  key,
  needs,
  program,
  writeBytes,
  type WrittenBytes,
} from "./written-bytes.js";

const other = "cd".repeat(32);

let written: WrittenBytes;
let client: SecretContext;
let tensorBytes: Uint8Array;
let keys: Uint8Array;
beforeAll(async () => {
  written = await writeBytes();
  ({ client, tensorBytes, keys } = written);
});

/** The one line with which something is refused. */
function refusal(work: () => unknown): string {
  const error = thrownBy(work);
  expect(error).toBeInstanceOf(InputError);
  expect((error as Error).message).not.toContain("\n");
  return (error as Error).message;
}

/** The same bytes with another header, whose length is set right. */
function withHeader(bytes: Uint8Array, change: (header: Record<string, unknown>) => unknown): Uint8Array {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(5, true);
  const header = JSON.parse(Buffer.from(bytes.subarray(9, 9 + length)).toString()) as Record<string, unknown>;
  const text = Buffer.from(JSON.stringify(change(header) ?? header));
  const lengthBytes = Buffer.alloc(4);
  lengthBytes.writeUInt32LE(text.length);
  return Uint8Array.from(
    Buffer.concat([bytes.subarray(0, 5), lengthBytes, text, bytes.subarray(9 + length)]),
  );
}

describe("what is written is read", () => {
  test("an encrypted tensor", () => {
    const message = tensorFromBytes(tensorBytes);
    expect(message).toMatchObject({
      program,
      end: "input",
      key,
      packing: "batch",
      shape: [3],
      images: 2,
      ...at,
    });
    const { ciphertexts } = message;
    expect(ciphertexts).toHaveLength(3);
    const decrypted = client.decrypt({ shape: [3], packing: "batch", images: 2, ciphertexts });
    expect(decrypted.data[0]).toBeCloseTo(randomTensor([2, 3], 1).data[0], 2);
  });

  test("evaluation keys, whose bytes are told in advance", () => {
    expect(payloadLength(keys)).toBe(evaluationKeyBytes(lazyParameters, needs));
    const read = keysFromBytes(keys, lazyParameters, program, needs);
    expect(read.key).toBe(key);
    expect(read.keys.rotationKeys!.map(({ step, level }) => ({ step, level }))).toEqual(needs.rotations);
  });

  test("evaluation keys without relinearization, and without rotations", () => {
    const bare = { rotations: [], relinearization: false };
    const bytes = keysToBytes(lazyParameters, {
      program,
      key,
      keys: client.exportEvaluationKeys([], { relinearization: false }),
    });
    expect(payloadLength(bytes)).toBe(evaluationKeyBytes(lazyParameters, bare));
    expect(keysFromBytes(bytes, lazyParameters, program, bare).keys.relinKeys).toBeUndefined();
    expect(refusal(() => keysFromBytes(bytes, lazyParameters, program, needs))).toMatch(
      "expected relinearization keys, got none",
    );
  });

  test("a secret key", async () => {
    const bytes = secretKeyToBytes({ key, parameters: lazyParameters, secretKey: client.exportSecretKey() });
    const file = secretKeyFromBytes(bytes);
    expect(file.key).toBe(key);
    const again = await SecretContext.fromSecretKey(file.parameters, file.secretKey);
    const { ciphertexts } = tensorFromBytes(tensorBytes);
    expect(again.decrypt({ shape: [3], packing: "batch", images: 2, ciphertexts }).shape).toEqual([2, 3]);
  });

  test("keys of which one bit was changed anywhere are refused", () => {
    const secret = secretKeyToBytes({ key, parameters: lazyParameters, secretKey: client.exportSecretKey() });
    const changed = (bytes: Uint8Array, fromEnd: number) => {
      const copy = bytes.slice();
      copy[copy.length - fromEnd] ^= 1;
      return copy;
    };
    for (const fromEnd of [1, 1000, payloadLength(secret) >> 1]) {
      expect(refusal(() => secretKeyFromBytes(changed(secret, fromEnd)))).toMatch(/^secret key: .* damaged/);
      expect(refusal(() => keysFromBytes(changed(keys, fromEnd), lazyParameters, program, needs))).toMatch(
        /^evaluation keys: .* damaged/,
      );
    }
  });

  test("also from a Buffer, and from the middle of other bytes", () => {
    expect(tensorFromBytes(Buffer.from(tensorBytes)).key).toBe(key);
    const padded = new Uint8Array(tensorBytes.length + 13);
    padded.set(tensorBytes, 5);
    expect(tensorFromBytes(padded.subarray(5, 5 + tensorBytes.length)).key).toBe(key);
  });

  test("the bytes describe themselves", () => {
    expect(describeBytes(tensorBytes)).toMatchObject({
      kind: "encrypted tensor",
      header: { scheme: "ckks", program, images: 2 },
      bytes: tensorBytes.length,
    });
    expect(describeBytes(keys)?.kind).toBe("evaluation keys");
    for (const strange of [new Uint8Array(), new Uint8Array(100), tensorBytes.subarray(0, 12)]) {
      expect(describeBytes(strange)).toBeUndefined();
    }
  });

  test("any header and sections", () => {
    const sections = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 12 });
    fc.assert(
      fc.property(sections, fc.string(), (parts, name) => {
        const header = { kind: "test", scheme: "ckks", name } as const;
        const bytes = packBytes(header, parts);
        expect(payloadLength(bytes)).toBe(parts.reduce((sum, { length }) => sum + length, 0));
        const read = unpackBytes("test", "test", bytes, { name: z.string() });
        expect(read.header.name).toBe(name);
        expect(read.sections).toEqual(parts);
      }),
      { seed: 4, numRuns: 200 },
    );
  });
});

describe("refused by name:", () => {
  test.each<[string, (bytes: Uint8Array) => unknown, RegExp]>([
    ["what is no bytes", () => "text", /expected bytes \(a Uint8Array\), got string/],
    ["nothing", () => null, /got null/],
    ["other bytes", () => new Uint8Array(500), /begin with HEML/],
    ["no bytes at all", () => new Uint8Array(), /begin with HEML, got 0/],
    [
      "another version",
      (bytes) => bytes.map((byte, i) => (i === 4 ? 9 : byte)),
      /version 1 .* got version 9/,
    ],
    ["a header cut off", (bytes) => bytes.subarray(0, 60), /is cut off/],
    ["a tail cut off", (bytes) => bytes.subarray(0, -1), /expected \d+ bytes, got \d+/],
    ["a byte too much", (bytes) => Uint8Array.from([...bytes, 0]), /expected \d+ bytes, got \d+/],
    ["an unknown field", (bytes) => withHeader(bytes, (header) => ({ ...header, extra: 1 })), /extra/],
    ["another scheme", (bytes) => withHeader(bytes, (header) => ({ ...header, scheme: "bgv" })), /scheme/],
    ["another kind", () => keys, /kind/],
    ["no header", (bytes) => withHeader(bytes, () => 5), /the whole/],
    [
      "no ciphertext",
      (bytes) => withHeader(bytes, (h) => ({ ...h, sections: [] })).subarray(0, 400),
      /expected/,
    ],
    [
      "more than there can be",
      (bytes) => withHeader(bytes, (header) => ({ ...header, sections: [{ count: 1e12, bytes: 1e6 }] })),
      /expected \d+ bytes/,
    ],
    [
      "endless empty sections",
      (bytes) =>
        withHeader(bytes, (header) => ({
          ...header,
          sections: [...(header.sections as object[]), { count: 1e12, bytes: 0 }],
        })),
      /one is empty/,
    ],
    [
      "a digest that is none",
      (bytes) => withHeader(bytes, (h) => ({ ...h, program: "x" })),
      /64 hexadecimal/,
    ],
    ["a scale that is none", (bytes) => withHeader(bytes, (h) => ({ ...h, scale: -1 })), /scale/],
  ])("%s", (_, change, message) => {
    expect(refusal(() => tensorFromBytes(change(tensorBytes) as Uint8Array))).toMatch(message);
  });

  test("keys of another program, under other parameters, or for other rotations", () => {
    const read =
      (bytes: Uint8Array, digest = program, wanted = needs) =>
      () =>
        keysFromBytes(bytes, lazyParameters, digest, wanted);
    expect(refusal(read(keys, other))).toMatch(/made for program abababab.*expected cdcdcdcd/);
    const weaker = withHeader(keys, (header) => ({
      ...header,
      parameters: { ...(header.parameters as object), scaleBits: 19 },
    }));
    expect(refusal(read(weaker))).toMatch(/under other parameters/);
    const more = { ...needs, rotations: [...needs.rotations, { step: 9, level: 1 }] };
    expect(refusal(read(keys, program, more))).toMatch(/none for the rotation by 9 at level 1/);
    const fewer = { ...needs, rotations: needs.rotations.slice(1) };
    expect(refusal(read(keys, program, fewer))).toMatch(
      /one for the rotation by 1 at level 2, which is not used/,
    );
  });

  test("keys whose sections have other lengths than honest ones", () => {
    const [first, ...rest] = unpackBytes("keys", "evaluation keys", keys, {
      program: z.string(),
      key: z.string(),
      parameters: z.unknown(),
      relinearization: z.boolean(),
      rotations: z.array(z.unknown()),
      checksum: z.string(),
    }).sections;
    const bytes = keysToBytes(lazyParameters, {
      program,
      key,
      keys: {
        publicKey: first.subarray(1),
        relinKeys: rest[0],
        rotationKeys: needs.rotations.map((need, i) => ({ ...need, bytes: rest[1 + i] })),
      },
    });
    expect(refusal(() => keysFromBytes(bytes, lazyParameters, program, needs))).toMatch(/lengths/);
  });

  test("or read: 150 tensors and keys with bytes changed anywhere in their first half kilobyte", () => {
    checkChangedBytes(written, 150);
  });
});
