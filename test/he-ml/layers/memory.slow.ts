import { describe, test } from "@jest/globals";
import { refuseCiphertexts } from "../wasm-memories.js";
import { describeMemory } from "./memory.js";

describeMemory(200);

describe("WASM memory does not grow", () => {
  test("over 150,000 refused ciphertexts: exceptions are freed", async () => {
    await refuseCiphertexts(150_000);
  });
});
