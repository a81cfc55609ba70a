import { describe, test } from "@jest/globals";
import { refuseCiphertexts } from "../wasm-memories.js";
import { describeMemory } from "./memory.js";

// Runs that are stopped, inputs that are refused, and what leaks little: see memory.slow.ts.
describeMemory(40);

describe("WASM memory does not grow", () => {
  test("over 2,000 refused ciphertexts", async () => {
    await refuseCiphertexts(2_000);
  });
});
