import { test } from "@jest/globals";
import { defaultEvaluator } from "../../../src/he-ml/crypto/evaluator-kind.js";
import { checkCompressed } from "./compressed.js";
import { describeDamagedInput } from "./damaged-input.js";

// On SEAL's evaluator, and compressed by zlib: see damaged-input.slow.ts.
describeDamagedInput(defaultEvaluator);

test("bytes compressed by zstd, which could inflate to gigabytes: refused everywhere", () =>
  checkCompressed("zstd"));
