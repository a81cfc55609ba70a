import { describe, test } from "@jest/globals";
import { packings } from "./support.js";
import { checkTwoServers } from "./two-servers.js";

describe.each(packings)("a network on two servers, packing %s", (packing) => {
  test.each([[[0, 1, 2]], [[0]], [[0, 1, 2, 3]]])("cut behind layers %p", (layers) =>
    checkTwoServers(packing, layers),
  );
});
