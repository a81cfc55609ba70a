import { expect, test } from "@jest/globals";
import { sha256 as anywhere } from "../../../src/he-ml/engine/sha256.js";
import { sha256 as ofNode } from "../../../src/he-ml/node/sha256.js";

test("both editions give SHA-256, of a part of a buffer, too", () => {
  // FIPS 180-4's example, https://csrc.nist.gov/projects/cryptographic-standards-and-guidelines/example-values
  const abc = new TextEncoder().encode("-abc-").subarray(1, 4);
  const digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  expect([anywhere(abc), ofNode(abc)]).toEqual([digest, digest]);
});
