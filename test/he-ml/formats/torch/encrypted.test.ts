import { test } from "@jest/globals";
import { openSeal } from "../../support.js";
import { expectEncryptedAsInTorch, fixtureParameters } from "./encrypted.js";
import { torchCases } from "./fixtures.js";

test("what torch saved runs encrypted as it runs there, to 1 % of the largest output", async () => {
  const torchCase = torchCases.find(({ name }) => name === "dropped")!;
  await expectEncryptedAsInTorch(await openSeal(fixtureParameters), torchCase);
});
