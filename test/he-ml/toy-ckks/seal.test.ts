import { test } from "@jest/globals";
import { SealEvaluator } from "../../../src/he-ml/crypto/seal-evaluator.js";
import { Seal } from "../../../src/he-ml/crypto/seal.js";
import { chains, expectSameEncoding } from "./with-seal.js";

test("encoding gives SEAL's polynomial, coefficient by coefficient, and decoding its values", async () => {
  using he = new SealEvaluator(await Seal.open(chains[1]));
  expectSameEncoding(he, 1);
});
