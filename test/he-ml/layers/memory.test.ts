import { describe, test } from "@jest/globals";
import { refuseCiphertexts } from "../wasm-memories.js";
import { describeMemory } from "./memory.js";

// What leaks little shows in memory.slow.ts, which does all of it more often.
describeMemory(60);

describe("WASM memory does not grow", () => {
  test("over 10,000 refused ciphertexts, nor does the stack that SEAL's exceptions leave behind", async () => {
    await refuseCiphertexts(10_000);
  });
});
