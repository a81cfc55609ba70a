import { beforeAll, describe, expect, test } from "@jest/globals";
// Worker threads load plain JavaScript, so the service is tested as it is built.
import { Server, type Client, type Program } from "../../../dist/he-ml/node/index.js";
import { thrownBy } from "../support.js";
import { compiled, clientOf, images, refusal } from "./support.js";
import { checkTwoServers } from "./two-servers.js";

// Every packing cut at every place: see other-programs.slow.ts.
test("a network on two servers, packing packed, cut behind layers [0, 1, 2]", () =>
  checkTwoServers("packed", [0, 1, 2]));

describe("what belongs to another program is refused by name, on both sides", () => {
  // Of one length in everything: they differ in a layout, or in the scales, alone.
  let fused: Program;
  let open: Program;
  let client: Client;
  let other: Client;
  beforeAll(async () => {
    fused = await compiled();
    open = await compiled({ fuse: false });
    client = await clientOf(fused);
    other = await clientOf(open);
  });

  test("a tensor laid out for another plan, of the right length", async () => {
    const server = await Server.start(fused, { threads: 0 });
    const session = await server.connect(client.evaluationKeys);
    const message = await refusal(() => session.run(other.encrypt(images)));
    expect(message).toMatch(/^run: expected .* the input of program .*, got the input of program/);
    await server.close();
  });

  test("keys of another program", async () => {
    const server = await Server.start(open, { threads: 0 });
    expect(await refusal(() => server.connect(client.evaluationKeys))).toMatch(
      /^evaluation keys: they were made for program/,
    );
    expect(server.sessions).toBe(0);
    await server.close();
  });

  test("an answer of another program", async () => {
    const server = await Server.start(open, { threads: 0 });
    const session = await server.connect(other.evaluationKeys);
    const { response } = await session.run(other.encrypt(images));
    expect(String(thrownBy(() => client.decrypt(response)))).toMatch(
      /InputError: decrypt: expected .* the output of program/,
    );
    await server.close();
  });
});
