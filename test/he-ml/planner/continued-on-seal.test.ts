import { describe, test } from "@jest/globals";
import { smallModel } from "../layers/small-model.js";
import { planParts } from "./head-and-rest.js";
import { checkOnSeal } from "./plan-on-seal.js";

describe("programs one after the other under encryption, each on a server of its own, go as explained", () => {
  test("of a small network, with chosen parameters of 128-bit security", async () => {
    await checkOnSeal(planParts(smallModel, [0, 2]));
  });
});
