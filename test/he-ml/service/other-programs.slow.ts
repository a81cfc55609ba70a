import { describe, test } from "@jest/globals";
import { packings } from "./support.js";
import { checkTwoServers } from "./two-servers.js";

// Packing packed, cut behind layers [0, 1, 2]: see other-programs.test.ts.
describe.each(packings)("a network on two servers, packing %s", (packing) => {
  const cuts = [[0, 1, 2], [0], [0, 1, 2, 3]].filter((cut) => packing !== "packed" || cut.length !== 3);
  test.each(cuts.map((layers) => [layers]))("cut behind layers %p", (layers) =>
    checkTwoServers(packing, layers),
  );
});
