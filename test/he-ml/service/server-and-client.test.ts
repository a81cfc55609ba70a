import { beforeAll, describe, expect, test } from "@jest/globals";
// Worker threads load plain JavaScript, so the service is tested as it is built.
import {
  Client,
  Server,
  tensor,
  type Session,
  type Tensor,
  type Program,
} from "../../../dist/he-ml/node/index.js";
import { waves } from "../../cli/support.js";
import { thrownBy } from "../support.js";
import { checkClosing, checkDamagedKeys } from "./server-and-client.js";
import { parameters, compiled, clientOf, images, expectLogits, refusal } from "./support.js";

let program: Program;
let client: Client;
beforeAll(async () => {
  program = await compiled();
  client = await clientOf(program);
});

describe("a server", () => {
  test.each([-1, 1.5, NaN, 17])("refuses %p threads", async (threads) => {
    expect(await refusal(() => Server.start(program, { threads }))).toMatch(/from 0 to 16/);
  });

  test("knows what the keys of its sessions take, has a limit, and frees them", async () => {
    const bytes = 5 * 2 ** 20;
    const server = await Server.start(program, { threads: 1, mostKeyBytes: bytes });
    const first = await server.connect(client.evaluationKeys);
    expect(first.keyBytes).toBe(server.keyBytes);
    expect(first.keyBytes).toBeGreaterThan(client.evaluationKeys.length);
    expect(first.keyBytes).toBeLessThan(bytes);
    const most = Math.floor(bytes / first.keyBytes);
    const sessions = [first];
    while (sessions.length < most) sessions.push(await server.connect(client.evaluationKeys));
    expect(await refusal(() => server.connect(client.evaluationKeys))).toMatch(
      /connect: the keys take .* close some/,
    );
    await sessions.pop()!.close();
    sessions.push(await server.connect(client.evaluationKeys));
    expect(server.sessions).toBe(most);
    await server.close();
    expect([server.sessions, server.keyBytes]).toEqual([0, 0]);
    expect(await refusal(() => server.connect(client.evaluationKeys))).toMatch(/closed/);
    expect(await refusal(() => sessions[0].run(client.encrypt(images)))).toMatch(/closed/);
    await server.close();
  });

  // On 1 or 2 threads: see server-and-client.slow.ts.
  test("that is given damaged keys refuses them, and serves the next client, in this thread", () =>
    checkDamagedKeys(0));

  // In packing batch, in this thread, or on 2: see server-and-client.slow.ts.
  test("stops the run of a session that is closed, packing packed, on 1 thread", () =>
    checkClosing("packed", 1));

  test("closes by itself at the end of a scope", async () => {
    let session: Session;
    {
      await using server = await Server.start(program, { threads: 1 });
      session = await server.connect(client.evaluationKeys);
    }
    expect(await refusal(() => session.run(client.encrypt(images)))).toMatch(/closed/);
  });
});

describe("a client", () => {
  test("is not talked into parameters without security", async () => {
    expect(await refusal(() => Client.create(program.clientSpec))).toMatch(
      /without security; a server must not talk you into them/,
    );
  });

  test("takes its secret key up again, and decrypts what was encrypted before", async () => {
    const server = await Server.start(program, { threads: 0 });
    const session = await server.connect(client.evaluationKeys);
    const { response } = await session.run(client.encrypt(images));
    await server.close();
    const again = await Client.fromSecretKey(program.clientSpec, client.exportSecretKey(), {
      security: "teaching",
    });
    expectLogits(again.decrypt(response), images);
    const others = await compiled({ parameters: { ...parameters, scaleBits: 21 } });
    expect(
      await refusal(() =>
        Client.fromSecretKey(others.clientSpec, client.exportSecretKey(), { security: "teaching" }),
      ),
    ).toMatch(/other parameters/);
  });

  test("goes on with what goes on with its own program's output, and with no other", async () => {
    const client = await clientOf(await compiled({ layers: [0, 1, 2] }));
    const others = await compiled({ layers: [0] });
    const behindOthers = await compiled({ input: others.clientSpec.output });
    for (const { clientSpec } of [others, behindOthers]) {
      expect(String(thrownBy(() => client.continuedBy(clientSpec)))).toMatch(
        /does not go on with the output of program [0-9a-f]{12}…; compile it with/,
      );
    }
  });

  test("makes relinearization keys only where they are needed", async () => {
    const linear = await clientOf(await compiled({ layers: [2, 3, 4] }));
    const whole = await clientOf(await compiled({ packing: "batch" }));
    const without = await clientOf(await compiled({ packing: "batch", layers: [2, 3, 4] }));
    expect(without.evaluationKeys.length).toBeLessThan(whole.evaluationKeys.length / 3);
    expect(linear.spec.relinearization).toBe(false);
  });

  test("nothing that it sends holds its secret key", () => {
    const secret = client.exportSecretKey();
    const tail = Buffer.from(secret.subarray(-4096));
    for (const sent of [client.evaluationKeys, client.encrypt(images)]) {
      expect(Buffer.from(sent).includes(tail.subarray(0, 32))).toBe(false);
    }
    expect(JSON.stringify(client.spec)).not.toContain(tail.toString("base64").slice(0, 20));
  });

  test("refuses images of another shape, values that are none, and too many of them", async () => {
    const client = await clientOf(await compiled({ packing: "batch" }));
    const message = (batch: Tensor) => String(thrownBy(() => client.encrypt(batch)));
    expect(message(tensor([1, 5, 5], waves(25, 1)))).toMatch(/encrypt: expected a batch \[n, 1, 6, 6\]/);
    expect(message(tensor([1, 6, 6], waves(36, NaN)))).toMatch(/finite/);
    expect(message(tensor([1, 6, 6], waves(36, 1e60)))).toMatch(/2\^/);
    const many = tensor([parameters.slots + 1, 1, 6, 6], waves(36 * (parameters.slots + 1), 1));
    expect(message(many)).toMatch(/at most 512 images/);
  });
});
