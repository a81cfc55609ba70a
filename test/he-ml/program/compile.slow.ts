import { describe, test } from "@jest/globals";
import { checkRange } from "./compile.js";

// Packing packed cut behind two layers, and batch behind three: see compile.test.ts.
describe("a range leaves room in the modulus for the rest, which goes on from it", () => {
  test.each([
    ["packed", [1, 3, 4]],
    ["batch", [1, 2, 4]],
    ["scalar", [1, 2, 3, 4]],
  ] as const)("packing %s, cut behind %j layers", async (packing, cuts) => {
    for (const cut of cuts) await checkRange(packing, cut);
  });
});
