import { beforeAll, describe, expect, test } from "@jest/globals";
// Worker threads load plain JavaScript, so the service is tested as it is built.
import { Server, modelForward, type Client, type Program } from "../../../dist/he-ml/node/index.js";
import { tinyModel } from "../../cli/support.js";
import { maxAbsDifference, thrownBy } from "../support.js";
import { compiled, clientOf, images, tolerance, expectLogits, refusal, packings } from "./support.js";

describe.each(packings)("a network on two servers, packing %s", (packing) => {
  test.each([[[0, 1, 2]], [[0]], [[0, 1, 2, 3]]])("cut behind layers %p", async (layers) => {
    const first = await compiled({ packing, layers });
    const rest = await compiled({ parameters: undefined, input: first.clientSpec.output });
    const client = await clientOf(first);
    const next = client.continuedBy(rest.clientSpec);
    const servers = [await Server.start(first, { threads: 0 }), await Server.start(rest, { threads: 1 })];
    const one = await servers[0].connect(client.evaluationKeys);
    const two = await servers[1].connect(next.evaluationKeys);
    const { response } = await one.run(client.encrypt(images));
    const answer = (await two.run(response)).response;
    expectLogits(next.decrypt(answer), images);
    // What one server gives out can be read as well.
    const inside = modelForward(tinyModel, images)[layers.at(-1)!];
    expect(maxAbsDifference(client.decrypt(response).data, inside.data)).toBeLessThan(tolerance);

    expect(await refusal(() => two.run(client.encrypt(images)))).toMatch(
      /expected an encrypted tensor that is the output of program [0-9a-f]{12}…, got the input of program/,
    );
    expect(await refusal(() => one.run(response))).toMatch(
      /expected .* the input of program .* got the output/,
    );
    expect(await refusal(() => servers[1].connect(client.evaluationKeys))).toMatch(
      /evaluation keys: they were made for program [0-9a-f]{12}, expected [0-9a-f]{12}/,
    );
    expect(String(thrownBy(() => next.encrypt(images)))).toMatch(/goes on with the output of program/);
    expect(String(thrownBy(() => client.decrypt(answer)))).toMatch(
      /decrypt: expected .* the output of program/,
    );
    for (const server of servers) await server.close();
  });
});

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
