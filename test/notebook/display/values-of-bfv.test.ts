import { describe, expect, test } from "@jest/globals";
import { inspect } from "node:util";
import { collect, forward, square } from "../../../src/he-ml/index.js";
import { tensor } from "../../../src/he-ml/tensor/tensor.js";
import { toMimeBundle } from "../../../src/notebook/display/index.js";
import { fractional, integers, openBfv, withoutKeySwitching } from "../../he-ml/crypto/bfv/support.js";
import { facts, textCells } from "./values.js";

const side = await openBfv(fractional);
const images = tensor([1, 3], [0.5, -1, 2]);

describe("values of BFV in a notebook", () => {
  test("parameters: each number with what it means, of either encoding", () => {
    expect(facts(toMimeBundle(fractional))).toEqual({
      polyModulusDegree: "1024",
      plainModulus: "1048583",
      slots: "1",
      coeffModulusBits: "[36, 36 | 37]",
      "in all": "109 bits",
      encoding: "fractional",
      base: "2",
      integerDigits: "64",
      fractionDigits: "32",
      security: "NONE (teaching parameters)",
    });
    expect(facts(toMimeBundle(integers))).toMatchObject({
      slots: "1024",
      encoding: "integers",
      scaleBits: "4",
    });
    expect(facts(toMimeBundle(withoutKeySwitching))).toMatchObject({
      coeffModulusBits: "[54]",
      security: "128 bits",
    });
    for (const parameters of [fractional, integers, withoutKeySwitching]) {
      for (const [, , meaning] of textCells(toMimeBundle(parameters))) expect(meaning).not.toBe("");
    }
  });

  test("contexts, tensors, layers and what they print in one line", () => {
    const serialized = side.client.encrypt(images, { packing: "scalar" });
    const encrypted = side.server.load(serialized);
    expect(facts(toMimeBundle(side.client))).toMatchObject({
      "plain modulus p": "1048583",
      encoding: "fractional",
      primes: "[36, 36 | 37]",
      slots: "1",
    });
    expect(facts(toMimeBundle(side.server)).keys).toMatch("no secret key");
    expect(facts(toMimeBundle(encrypted))).toEqual({
      "shape for one image": "3",
      packing: "scalar: one value a ciphertext",
      images: "1",
      ciphertexts: "3",
      level: "1, as always in BFV",
      scale: "2^0",
      "slots used": "1 of 1",
      // 3 ciphertexts of 2 polynomials with 1024 coefficients of 8 bytes for each of 2 primes
      "size in memory": "98.3 kB",
    });
    expect(facts(toMimeBundle(serialized)).ciphertexts).toBe("3");
    expect(facts(toMimeBundle(square(side.he)))["modulus chain"]).toBe("[36, 36 | 37]");
    expect(inspect(side.client)).toBe(
      "SecretContext { BFV, N = 1024, p = 1048583, primes [36, 36 | 37], NO security (teaching parameters), " +
        "secret key held, not shown }",
    );
  });

  test("traces tell the noise budget where a twin does", async () => {
    const twin = { input: images, decrypt: side.decrypt, noiseBudget: side.budget };
    const run = (options: object) => collect(forward([square(side.he)], side.encrypt(images), options));
    const { traces } = await run({ twin });
    const [{ before, after }] = traces;
    expect(before.noiseBudget).toBeGreaterThan(after.noiseBudget!);
    const text = `${before.noiseBudget} → ${after.noiseBudget}`;
    expect(facts(toMimeBundle(traces[0]))["noise budget"]).toBe(`${text} bits`);
    expect(toMimeBundle(traces)?.["text/plain"]).toMatch(text);
    const without = await run({});
    expect(facts(toMimeBundle(without.traces[0]))).not.toHaveProperty("noise budget");
    expect(toMimeBundle(without.traces)?.["text/plain"]).not.toMatch("noise budget");
  });
});
