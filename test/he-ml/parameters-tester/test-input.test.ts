import { expect, test } from "@jest/globals";
import { InputError } from "../../../src/he-ml/errors.js";
import { readTestInput } from "../../../src/he-ml/parameters-tester/test-input.js";
import { thrownBy } from "../support.js";
import { inCamelCase, originalSet, teachingSet, without } from "./sets.js";

const ofSets = (...sets: unknown[]) => ({ encryption_parameters: sets });
const specOf = (set: object) => readTestInput(ofSets(set)).sets[0].spec;
const refusal = (input: unknown): string => {
  const error = thrownBy(() => readTestInput(input));
  expect(error).toBeInstanceOf(InputError);
  expect((error as Error).message).not.toContain("\n");
  return (error as Error).message;
};

test("PyCrCNN's own file is read: BFV with one value a ciphertext, its list of re-encryptions, its switches", () => {
  const { sets, ...rest } = readTestInput({
    ...ofSets(originalSet, { m: 4096, p: 81241221 }),
    debug: "y",
    layers: [0, 1],
    dataset: "CIFAR10",
    model_path: "./SimpleModelApprox.pt",
    max_threads: 2,
  });
  expect(rest).toEqual({
    debug: true,
    layers: [0, 1],
    dataset: "CIFAR10",
    modelPath: "./SimpleModelApprox.pt",
    maxThreads: 2,
  });
  expect(sets[0]).toEqual({
    given: originalSet,
    scheme: "bfv",
    packing: "scalar",
    spec: {
      ...{ scheme: "bfv", encoding: "fractional", security: 128 },
      ...{ polyModulusDegree: 2048, plainModulus: 13513511, base: 2 },
    },
    positions: { rencryptPositions: [] },
  });
  expect(sets[1].spec).toEqual({
    ...{ scheme: "bfv", encoding: "fractional", security: 128 },
    ...{ polyModulusDegree: 4096, plainModulus: 81241221 },
  });
});

test("a set means the same in snake case and in camel case", () => {
  const [snake, camel] = readTestInput({
    encryptionParameters: [teachingSet, inCamelCase(teachingSet)],
  }).sets;
  expect({ ...camel, given: undefined }).toEqual({ ...snake, given: undefined });
  expect(snake.spec).toEqual({
    scheme: "ckks",
    polyModulusDegree: 1024,
    coeffModulusBits: [50, 60, 48, 60],
    scaleBits: 20,
    weightScaleBits: 16,
    security: "teaching",
  });
});

test("a model's parameters.json is a set, too", () => {
  const { scheme, packing } = readTestInput(
    ofSets({ polyModulusDegree: 8192, coeffModulusBits: [50, 60, 48, 60], scaleBits: 21, security: 128 }),
  ).sets[0];
  expect({ scheme, packing }).toEqual({ scheme: "ckks", packing: "batch" });
});

test("BFV in our words: one value a ciphertext by its digits, or integers in slots", () => {
  const set = { scheme: "bfv", poly_modulus_degree: 4096, plain_modulus: 1032193 };
  const [digits, slots] = readTestInput(
    ofSets({ ...set, base: 3, integer_digits: 20 }, { ...set, packing: "batch", scale_bits: 4 }),
  ).sets;
  const spec = { scheme: "bfv", polyModulusDegree: 4096, plainModulus: 1032193, security: 128 };
  expect(digits).toMatchObject({ packing: "scalar" });
  expect(digits.spec).toEqual({ ...spec, encoding: "fractional", base: 3, integerDigits: 20 });
  expect(slots.spec).toEqual({ ...spec, encoding: "integers", scaleBits: 4 });
  expect(refusal(ofSets({ ...set, packing: "batch" }))).toMatch(/\[0\]: scale_bits: /);
  expect(refusal(ofSets({ ...set, scale_bits: 4 }))).toMatch(/\[0\]: unknown key "scale_bits"/);
  expect(refusal(ofSets({ ...set, packing: "batch", scale_bits: 4, base: 2 }))).toMatch(/unknown key "base"/);
});

test("insecure_for_teaching is security teaching, for one set or for all of a file", () => {
  const secure = without(teachingSet, "security");
  expect(specOf({ ...secure, sec: 128, insecure_for_teaching: true })).toEqual(specOf(teachingSet));
  expect(specOf(secure)).toMatchObject({ security: 128 });
  const [whole] = readTestInput({ ...ofSets(secure), insecureForTeaching: true }).sets;
  expect(whole.spec).toEqual(specOf(teachingSet));
  // So that a report can be read without the file.
  expect(whole.given).toEqual({ ...secure, insecure_for_teaching: true });
  expect(specOf({ ...originalSet, insecure_for_teaching: true })).toMatchObject({ security: "teaching" });
});

test.each<[what: string, input: unknown, message: RegExp]>([
  ["no object", [], /expected an object with encryption_parameters/],
  ["no sets", {}, /encryption_parameters: expected a list/],
  ["an empty list of sets", ofSets(), /from 1 to 10000 parameter sets, got 0/],
  [
    "a million sets",
    { encryption_parameters: new Array(1e6).fill(teachingSet) },
    /10000 parameter sets, got 1000000/,
  ],
  ["a set that is none", ofSets(teachingSet, 5), /encryption_parameters\[1\]: expected an object with/],
  ["an unknown key of the file", { ...ofSets(teachingSet), nett: 1 }, /unknown key "nett"/],
  [
    "an unknown key of a set",
    ofSets(teachingSet, { ...teachingSet, scaleBit: 1 }),
    /\[1\]: unknown key "scaleBit"/,
  ],
  ["a key twice", ofSets({ ...teachingSet, scaleBits: 20 }), /"scale_bits" is given twice/],
  ["a missing key", ofSets(without(teachingSet, "scale_bits")), /\[0\]: scale_bits: /],
  ["a missing key of PyCrCNN's", ofSets(without(originalSet, "p")), /\[0\]: p: /],
  ["words of both", ofSets({ ...originalSet, scheme: "ckks" }), /\[0\]: unknown key "scheme"/],
  ["m that is no power of two", ofSets({ ...originalSet, m: 3000 }), /m: expected a power of two/],
  [
    "a degree that is none",
    ofSets({ ...teachingSet, poly_modulus_degree: 2 ** 30 + 1 }),
    /expected a power of two/,
  ],
  ["negative bits", ofSets({ ...teachingSet, coeff_modulus_bits: [50, -60] }), /coeff_modulus_bits\.1: /],
  ["no primes", ofSets({ ...teachingSet, coeff_modulus_bits: [] }), /coeff_modulus_bits: /],
  ["a negative scale", ofSets({ ...teachingSet, scale_bits: -1 }), /scale_bits: /],
  ["a text for a number", ofSets({ ...teachingSet, scale_bits: "20" }), /scale_bits: /],
  ["an unknown packing", ofSets({ ...teachingSet, packing: "tight" }), /packing: /],
  ["an unknown scheme", ofSets({ ...teachingSet, scheme: "bgv" }), /scheme: /],
  ["another security", ofSets({ ...originalSet, sec: 80 }), /sec: expected 128, 192, 256 or "teaching"/],
  [
    "two securities",
    ofSets({ ...teachingSet, sec: 128 }),
    /"sec" says 128 and "security" teaching; leave one/,
  ],
  ["teaching, and not", ofSets({ ...teachingSet, insecure_for_teaching: false }), /leave one of the two out/],
  [
    "BFV's keys in CKKS",
    ofSets({ ...teachingSet, plain_modulus: 65537 }),
    /\[0\]: unknown key "plain_modulus"/,
  ],
  ["a switch that is neither", { ...ofSets(teachingSet), debug: "yes" }, /debug: expected "y" or "n"/],
  ["no layers", { ...ofSets(teachingSet), layers: [] }, /layers: /],
  ["half a thread", { ...ofSets(teachingSet), max_threads: 0.5 }, /max_threads: /],
])("refused in one line: %s", (_, input, message) => {
  expect(refusal(input)).toMatch(message);
});
