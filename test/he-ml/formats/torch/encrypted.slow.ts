import { beforeAll, describe, test } from "@jest/globals";
import { openSeal, type SealSide } from "../../support.js";
import { expectEncryptedAsInTorch, fixtureParameters } from "./encrypted.js";
import { torchCases } from "./fixtures.js";

describe("every network that torch saved runs encrypted as it runs there, to 1 % of the largest output", () => {
  let seal: SealSide;
  beforeAll(async () => {
    seal = await openSeal(fixtureParameters);
  });
  const encryptable = torchCases.filter(
    ({ kinds }) => !kinds.includes("activation") && !kinds.includes("maxPool"),
  );
  test.each(encryptable.map((torchCase) => [torchCase.name, torchCase] as const))("%s", (_, torchCase) =>
    expectEncryptedAsInTorch(seal, torchCase),
  );
});
