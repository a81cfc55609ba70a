import { beforeAll, describe, expect, test } from "@jest/globals";
import type { Ciphertext } from "../../../src/he-ml/crypto/ciphertext.js";
import { keySwitchShares, noiseModel } from "../../../src/he-ml/crypto/noise.js";
import { checkParameters, type CkksParameters } from "../../../src/he-ml/crypto/parameters.js";
import { PublicContext } from "../../../src/he-ml/crypto/public-context.js";
import type { SealEvaluator } from "../../../src/he-ml/crypto/seal-evaluator.js";
import { SecretContext } from "../../../src/he-ml/crypto/secret-context.js";
import { tensor } from "../../../src/he-ml/tensor/tensor.js";
import * as toy from "../../../src/he-ml/toy-ckks/index.js";
import { sigmas } from "../support.js";
import { largest, multiplyComplex, open, randomSlots } from "./support.js";
import { residuesOfWords, sealWords } from "./seal-words.js";

export const chains: readonly CkksParameters[] = [
  [50, 40, 40, 60],
  [60, 30, 50],
  [40, 35, 35, 35, 40],
].map((coeffModulusBits) =>
  checkParameters({ polyModulusDegree: 1024, coeffModulusBits, scaleBits: 30, security: "teaching" }),
);

const step = 5;

/** The toy and SEAL under the same key, with ciphertexts that go from one to the other. */
async function openBoth(parameters: CkksParameters, seed: number) {
  const { polyModulusDegree: n, coeffModulus, levels, scaleBits } = parameters;
  const side = open({ polyModulusDegree: n, coeffModulus, scale: 2 ** scaleBits }, seed);
  const bytes = (await SecretContext.create(parameters)).exportSecretKey();
  const words = sealWords(side.secretKey, coeffModulus);
  bytes.set(new Uint8Array(words.buffer), bytes.length - words.byteLength);
  const client = await SecretContext.fromSecretKey(parameters, bytes);
  const rotations = ([step, "conjugate"] as const).map((turn) => ({ step: turn, level: levels }));
  const server = await PublicContext.load(parameters, client.exportEvaluationKeys(rotations));
  const he = server.evaluator as SealEvaluator;

  return {
    ...side,
    client,
    server,
    he,
    toSeal: ({ polynomials, coeffModulus: primes, scale }: toy.Ciphertext): Ciphertext =>
      he.load(
        he.ciphertextBytes(
          { polynomials: polynomials.map((one) => sealWords(one, primes)), level: primes.length },
          scale,
        ),
      ),
    fromSeal(ciphertext: Ciphertext): toy.Ciphertext {
      const { polynomials, level } = he.ciphertextWords(ciphertext);
      const primes = coeffModulus.slice(0, level);
      return {
        polynomials: polynomials.map((one) => toy.fromResidues(residuesOfWords(one, n, primes), primes)),
        coeffModulus: primes,
        scale: ciphertext.scale,
      };
    },
  };
}

export function expectSameEncoding(he: SealEvaluator, seed: number): void {
  const { polyModulusDegree, coeffModulus, slots, levels: level } = he.parameters;
  const scale = 2 ** 20;
  const random = toy.seededRandom(seed);
  const values = Float64Array.from({ length: slots }, () => 20 * random() - 10);
  const parameters = toy.toyParameters({ polyModulusDegree, coeffModulus, scale });
  const plain = toy.encode([...values], parameters);
  using encoded = he.encode(values, { level, scale });
  expect(he.plaintextWords(encoded)).toEqual(sealWords(plain.polynomial, parameters.coeffModulus));
  expect(largest(toy.slotErrors(toy.decode(plain), [...he.decode(encoded)]))).toBeLessThan(1e-9);
}

export function describeAgainstSeal(parameters: CkksParameters, seed: number): void {
  const { polyModulusDegree: n, coeffModulusBits, slots, levels } = parameters;
  describe(`the toy against SEAL, on [${coeffModulusBits.join(", ")}], seed ${seed}`, () => {
    let both: Awaited<ReturnType<typeof openBoth>>;
    let values: toy.Complex[][];
    let ours: toy.Ciphertext[];
    beforeAll(async () => {
      both = await openBoth(parameters, seed);
      values = [0, 1].map(() => randomSlots(slots, both.random));
      ours = values.map((vector) => both.encrypt(vector));
    });

    /** Bounds of errors in any slot: 25 deviations are what the tail of |s(ζ)| needs, and SEAL's key switches have more in slot 0. */
    const bound = (deviation: number, scale: number) => (sigmas * Math.SQRT2 * deviation) / scale;
    const sealBound = (scale: number, level = levels) => {
      const { keySwitch } = noiseModel(parameters, "seal");
      return bound(keySwitch(level) * keySwitchShares("seal", slots).slot0, scale);
    };
    const ourBound = (scale: number, level = levels) =>
      bound(toy.predictedNoiseKeySwitch(both.parameters, "primes", level) * Math.sqrt(n / 2), scale);

    /** What both make of it decrypts to the same slots, each within its error; `exact` before the operation, without that error. */
    function expectAlike(mine: toy.Ciphertext, theirs: Ciphertext, exact: readonly toy.Complex[]): void {
      const result = both.fromSeal(theirs);
      expect(result.coeffModulus).toEqual(mine.coeffModulus);
      expect(result.scale).toBeCloseTo(mine.scale, -Math.log10(mine.scale) + 10);
      const { length } = mine.coeffModulus;
      const [a, b] = [mine, result].map((one) => both.decrypt(one));
      expect(largest(toy.slotErrors(a, exact))).toBeLessThan(ourBound(mine.scale, length));
      expect(largest(toy.slotErrors(b, exact))).toBeLessThan(sealBound(mine.scale, length));
    }

    test("encoding gives SEAL's polynomial, coefficient by coefficient", () => {
      expectSameEncoding(both.he, seed);
    });

    test("SEAL decrypts what the toy encrypted to what the toy decrypts, and the toy what SEAL encrypted", () => {
      const decrypted = both.client.decrypt({
        shape: [1],
        packing: "batch",
        images: slots,
        ciphertexts: [both.he.save(both.toSeal(ours[0]))],
      });
      const errors = toy.slotErrors(toy.realParts(both.decrypt(ours[0])), [...decrypted.data]);
      expect(largest(errors)).toBeLessThan(1e-9);

      const real = toy.realParts(values[0]);
      const [theirs] = both.server.load(
        both.client.encrypt(tensor([slots, 1], real), { packing: "batch" }),
      ).ciphertexts;
      const { fresh } = noiseModel(parameters, "seal");
      // Both parts of a sum of N normal deviates: 10 deviations are passed once in 10^21.
      const most = (10 * Math.SQRT2 * fresh) / theirs.scale;
      expect(largest(toy.slotErrors(both.decrypt(both.fromSeal(theirs)), real))).toBeLessThan(most);
      const under = toy.slotErrors(both.decrypt(ours[0]), values[0]);
      expect(largest(under)).toBeLessThan(most);
    });

    test("sums, products, rescale and modSwitch give SEAL's ciphertext, coefficient by coefficient", () => {
      const { he } = both;
      const [x, y] = ours;
      const [a, b] = ours.map(both.toSeal);
      const real = toy.realParts(values[1]).slice(0, 3);
      const plain = toy.encode(real, both.parameters, x.scale);
      const at = { level: levels, scale: x.scale };
      // The toy's words, as SEAL's rounding of so large a coefficient may differ in the last bit of a double.
      const encoded = he.plaintextOf(sealWords(plain.polynomial, both.parameters.coeffModulus), at);
      expect(both.fromSeal(he.add(a, b))).toEqual(toy.add(x, y));
      expect(both.fromSeal(he.sub(a, b))).toEqual(toy.sub(x, y));
      expect(both.fromSeal(he.addPlain(a, encoded))).toEqual(toy.addPlain(x, plain));
      expect(both.fromSeal(he.multiplyPlain(a, encoded))).toEqual(toy.multiplyPlain(x, plain));
      const product = toy.multiply(x, y);
      const theirs = he.multiply(a, b);
      expect(both.fromSeal(theirs)).toEqual(product);
      expect(both.fromSeal(he.rescaleToNext(theirs))).toEqual(toy.rescale(product));
      expect(both.fromSeal(he.modSwitchTo(a, levels - 1))).toEqual(toy.modSwitch(x));
    });

    test("relinearizing a product, and rescaling it, agree within the errors of both", () => {
      const { he } = both;
      const [a, b] = ours.map(both.toSeal);
      const product = toy.multiply(ours[0], ours[1]);
      const exact = both.decrypt(product);
      const mine = toy.relinearize(product, both.relinKey);
      const theirs = he.relinearize(he.multiply(a, b));
      expectAlike(mine, theirs, exact);
      expectAlike(toy.rescale(mine), he.rescaleToNext(theirs), exact);
      const clear = values[0].map((value, k) => multiplyComplex(value, values[1][k]));
      // Fresh noise times values below √2, with room; encoding errs less.
      const fresh = bound(4 * both.parameters.sigma * Math.sqrt(n / 2), ours[0].scale);
      expect(largest(toy.slotErrors(exact, clear))).toBeLessThan(fresh);
    });

    test("rotating and conjugating agree within the errors of both, at the first level and at the last", () => {
      const { he, parameters: toys, secretKey, random } = both;
      const rotation = toy.createRotationKey(step, toys, secretKey, random);
      const conjugation = toy.createConjugationKey(toys, secretKey, random);
      let [x] = ours;
      const before = both.decrypt(x);
      const rotated = before.map((_, k) => before[(k + step) % slots]);
      const conjugated = before.map(({ re, im }) => toy.complex(re, -im));
      for (const last of [false, true]) {
        while (last && x.coeffModulus.length > 1) x = toy.modSwitch(x);
        const theirs = both.toSeal(x);
        expectAlike(toy.rotate(x, rotation), he.rotate(theirs, step), rotated);
        expectAlike(toy.conjugate(x, conjugation), he.rotate(theirs, "conjugate"), conjugated);
      }
    });
  });
}
