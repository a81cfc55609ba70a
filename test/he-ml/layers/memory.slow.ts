import { describe, test } from "@jest/globals";
import { refuseCiphertexts } from "../wasm-memories.js";
import { describeMemory, describeMemoryOfFailures } from "./memory.js";

describeMemory(200);
describeMemoryOfFailures(200);

describe("WASM memory does not grow", () => {
  test("over 150,000 refused ciphertexts, nor does the stack that SEAL's exceptions leave behind: they are freed", async () => {
    await refuseCiphertexts(150_000);
  });
});
