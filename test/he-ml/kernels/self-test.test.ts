import { expect, test } from "@jest/globals";
import { coeffModulusPrimes } from "../../../src/he-ml/crypto/primes.js";
import { checkParameters } from "../../../src/he-ml/crypto/parameters.js";
import { expandRotationKey, galoisPlace } from "../../../src/he-ml/crypto/rotation-keys.js";
import { Seal } from "../../../src/he-ml/crypto/seal.js";
import { SealEvaluator } from "../../../src/he-ml/crypto/seal-evaluator.js";
import { switchingKeyWords } from "../../../src/he-ml/crypto/seal-words.js";
import { SecretContext } from "../../../src/he-ml/crypto/secret-context.js";
import type { ResidueKind } from "../../../src/he-ml/kernels/residue-ring.js";
import { RnsRing, type RnsRingOptions } from "../../../src/he-ml/kernels/rns-ring.js";
import {
  checksum,
  sealsChecksum,
  testDegree,
  testKernels,
  testPrimes,
  testResult,
  testWords,
  tryKernels,
} from "../../../src/he-ml/kernels/self-test.js";

const coeffModulusBits = [50, 52, 55, 60];
const parameters = checkParameters({
  polyModulusDegree: testDegree,
  coeffModulusBits,
  scaleBits: 20,
  weightScaleBits: 8,
  security: "teaching",
});

const bytesOf = ({ buffer, byteOffset, byteLength }: BigUint64Array) =>
  Buffer.from(buffer, byteOffset, byteLength);

/** SEAL's keys, with the digits of the self-test in the place of theirs. */
function withTestDigits(saved: Uint8Array): Uint8Array {
  const bytes = Buffer.from(saved);
  const { digits } = testWords();
  switchingKeyWords(saved, testDegree).forEach(({ polynomials }, digit) =>
    polynomials.forEach((words, i) => {
      bytesOf(digits[digit][i]).copy(bytes, bytes.indexOf(bytesOf(words)));
    }),
  );
  return Uint8Array.from(bytes);
}

test("the known answer is what SEAL makes of the same words", async () => {
  expect(coeffModulusPrimes(testDegree, coeffModulusBits)).toEqual(testPrimes);
  const client = await SecretContext.create(parameters);
  const keys = client.exportEvaluationKeys([{ step: 1, level: 3 }]);
  const seal = await Seal.open(parameters);
  const { module, context } = seal;
  using publicKey = new module.PublicKey();
  seal.load("public key", publicKey, keys.publicKey, "publicKey");
  using seeded = new module.RelinKeys();
  seal.load("keys", seeded, keys.relinKeys, "relinKeys");
  const relinKeys = new module.RelinKeys();
  seal.load("keys", relinKeys, withTestDigits(seal.save(seeded)), "relinKeys");
  using seededRotation = new module.GaloisKeys();
  const place = { galoisKeyIn: galoisPlace(parameters, 1) };
  seal.load("keys", seededRotation, expandRotationKey(parameters, keys.rotationKeys![0]), place);
  const handle = new module.GaloisKeys();
  seal.load("keys", handle, withTestDigits(seal.save(seededRotation)), place);
  using he = new SealEvaluator(seal, {
    encryptor: new module.Encryptor(context, publicKey),
    relinKeys,
    rotationKeys: [{ step: 1, level: 3, handle }],
  });
  const a = he.load(he.ciphertextBytes({ polynomials: testWords().ciphertext, level: 3 }, 2 ** 40));
  he.squareInplace(a);
  he.relinearizeInplace(a);
  he.rescaleToNextInplace(a);
  expect(checksum(he.ciphertextWords(he.rotate(a, 1)).polynomials)).toBe(sealsChecksum);
});

test.each(["f64", "i64"] as const)("%s gives it, too", async (kind) => {
  const ring = await RnsRing.open(testDegree, testPrimes, kind === "i64" ? { kind } : {});
  expect(ring.kinds[0]).toBe(kind);
  expect(checksum(testResult(ring).map((residues) => ring.toWords(residues)))).toBe(sealsChecksum);
});

test("where all is well, doubles are taken", async () => {
  expect(await testKernels()).toEqual({ kind: "f64" });
});

test("a ring that would keep residues otherwise than others do is refused", async () => {
  const { kinds } = await RnsRing.open(testDegree, testPrimes);
  expect((await RnsRing.open(testDegree, testPrimes, { kinds })).kinds).toEqual(kinds);
  await expect(RnsRing.open(testDegree, testPrimes, { kinds, kind: "i64" })).rejects.toThrow(
    /^kernels: expected residues as f64, f64, i64, i64 in each thread, got i64, i64, i64, i64 in one/,
  );
});

/** Kernels of which some lose the lowest bit of a word. */
const openBroken =
  (...broken: readonly ResidueKind[]) =>
  async (n: number, primes: readonly bigint[], options?: RnsRingOptions) => {
    const ring = await RnsRing.open(n, primes, options);
    const [first] = ring.rings;
    if (!broken.includes(first.kind)) return ring;
    const forward = first.forward.bind(first);
    first.forward = (a) => {
      forward(a);
      ring.memory.wordsAt(a)[5] ^= 1n;
    };
    return ring;
  };

test.each([
  [["f64"], { kind: "i64", reason: "doubles gave a wrong result in the self-test" }],
  [["f64", "i64"], { reason: "integers gave a wrong result in the self-test" }],
] as const)("where %j are wrong in one bit, they are not taken", async (broken, expected) => {
  expect(await tryKernels(openBroken(...broken))).toEqual(expected);
});

test("where they cannot be loaded, it is said why", async () => {
  const open = () => Promise.reject(new Error("no such file"));
  expect(await tryKernels(open)).toEqual({ reason: "no such file" });
});
