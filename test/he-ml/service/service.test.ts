import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
// Worker threads load plain JavaScript, so the service is tested as it is built.
import {
  Client,
  InputError,
  Program,
  Server,
  checkParameters,
  compile,
  explain,
  imageAt,
  infer,
  loadModel,
  modelForward,
  tensor,
  typicalCosts,
  type CompileOptions,
  type Session,
  type Tensor,
} from "../../../dist/he-ml/index.js";
import { tinyModel, waves } from "../../cli/support.js";
import { keysFromBytes, keysToBytes } from "../../../dist/he-ml/crypto/key-bytes.js";
import { payloadLength } from "../../../dist/he-ml/crypto/byte-format.js";
import { maxAbsDifference, rejectedBy, thrownBy } from "../support.js";

const parameters = checkParameters({
  polyModulusDegree: 2048,
  coeffModulusBits: [50, 60, 48, 60],
  scaleBits: 20,
  weightScaleBits: 16,
  security: "teaching",
});
const compiled = (options: CompileOptions = {}): Promise<Program> =>
  compile(tinyModel, { parameters, costs: typicalCosts, ...options });
/** As it reaches a client: through JSON. */
const clientOf = (program: Program) =>
  Client.create(JSON.parse(JSON.stringify(program.clientSpec)), { security: "teaching" });

const images = tensor([3, 1, 6, 6], waves(108, 1));
const negative = tensor(
  images.shape,
  images.data.map((value) => -value),
);
const plain = (batch: Tensor) => modelForward(tinyModel, batch).at(-1)!;
/** Errors at these scales stay below this, other answers do not. */
const tolerance = 0.05;
const expectLogits = (logits: Tensor, batch: Tensor): void => {
  expect(logits.shape).toEqual(plain(batch).shape);
  expect(maxAbsDifference(logits.data, plain(batch).data)).toBeLessThan(tolerance);
};
expect(maxAbsDifference(plain(images).data, plain(negative).data)).toBeGreaterThan(4 * tolerance);

const refusal = async (work: () => Promise<unknown>): Promise<string> => {
  const error = await rejectedBy(work);
  expect(error).toBeInstanceOf(InputError);
  expect((error as Error).message).not.toContain("\n");
  return (error as Error).message;
};

const packings = ["packed", "batch", "scalar"] as const;
const cases = [
  ...packings.flatMap((packing) => [0, 2].map((threads) => [packing, threads] as const)),
  ["packed", 1] as const,
  ["packed", 3] as const,
];

describe.each(cases)("packing %s on %p thread(s)", (packing, threads) => {
  let program: Program;
  let server: Server;
  let alice: Client;
  let session: Session;
  beforeAll(async () => {
    program = await compiled({ packing });
    alice = await clientOf(program);
    server = await Server.start(program, { threads });
    session = await server.connect(alice.evaluationKeys);
  });
  afterAll(() => server.close());

  test("gives the plain result, a trace for each step, and progress", async () => {
    const progress: string[] = [];
    const { response, traces } = await session.run(alice.encrypt(images), {
      twin: alice.twin(images),
      onProgress: ({ layer, done, total }) => void (done === total && progress.push(layer)),
    });
    expectLogits(alice.decrypt(response), images);
    const { stages } = explain(program);
    expect(traces.map(({ name }) => name)).toEqual(stages.map(({ name }) => name));
    traces.forEach(({ level, scaleBits, security, milliseconds, error }, i) => {
      expect(level).toBe(stages[i].level);
      expect(scaleBits).toBeCloseTo(stages[i].scaleBits, 9);
      expect(security).toBe("teaching");
      expect(milliseconds).toBeGreaterThan(0);
      expect(error!.maxAbs).toBeLessThan(tolerance);
    });
    if (threads > 0) expect(progress).toEqual(expect.arrayContaining(traces.map(({ name }) => name)));
  });

  test("one image takes the operations and bytes that were explained", async () => {
    const image = imageAt(images, 0);
    const request = alice.encrypt(image);
    const { response, traces } = await session.run(request);
    const { stages, bytes } = explain(program);
    expect(traces.map(({ ops }) => ops)).toEqual(stages.map(({ ops }) => ops));
    expect(bytes).toEqual({
      input: payloadLength(request),
      output: payloadLength(response),
      evaluationKeys: payloadLength(alice.evaluationKeys),
    });
    expectLogits(alice.decrypt(response), tensor([1, 1, 6, 6], image.data));
  });

  test("serves two clients with different keys at once, each with its own answer", async () => {
    const bob = await clientOf(program);
    const other = await server.connect(bob.evaluationKeys);
    const [{ response: a }, { response: b }, { response: c }] = await Promise.all([
      session.run(alice.encrypt(images)),
      other.run(bob.encrypt(negative)),
      session.run(alice.encrypt(negative)),
    ]);
    expectLogits(alice.decrypt(a), images);
    expectLogits(bob.decrypt(b), negative);
    expectLogits(alice.decrypt(c), negative);
    expect(String(thrownBy(() => alice.decrypt(b)))).toMatch(/InputError: decrypt: .* another client's/);
    expect(await refusal(() => session.run(bob.encrypt(images)))).toMatch(/^run: .* another client's/);
    await other.close();
    expect(await refusal(() => other.run(bob.encrypt(images)))).toMatch(/session: it is closed/);
    expectLogits(alice.decrypt((await session.run(alice.encrypt(images))).response), images);
  });

  test("many clients connect, run and leave at once, some while they run", async () => {
    const bob = await clientOf(program);
    await Promise.all(
      [alice, bob, alice, bob].map(async (client, i) => {
        const own = await server.connect(client.evaluationKeys);
        const running = own.run(client.encrypt(images));
        if (i < 2) {
          expectLogits(client.decrypt((await running).response), images);
          await own.close();
        } else {
          const [error] = await Promise.all([rejectedBy(() => running), own.close()]);
          expect(String(error)).toMatch(/InputError: session: it is closed/);
        }
      }),
    );
    expect(server.sessions).toBe(1);
    expectLogits(alice.decrypt((await session.run(alice.encrypt(images))).response), images);
  });

  test("a server that is closed in the middle of a run says so, and so do its sessions", async () => {
    const short = await Server.start(program, { threads });
    const own = await short.connect(alice.evaluationKeys);
    const running = [own.run(alice.encrypt(images)), own.run(alice.encrypt(images))];
    const errors = Promise.all(running.map((run) => rejectedBy(() => run)));
    await Promise.all([own.close(), short.close(), own.close()]);
    for (const error of await errors)
      expect(String(error)).toMatch(/^InputError: (session|server): it is closed/);
    expect(await refusal(() => short.connect(alice.evaluationKeys))).toMatch(/server: it is closed/);
  });

  test("an abort stops it with the signal's reason, and the next run works", async () => {
    const reason = new Error("enough");
    const controller = new AbortController();
    const run = session.run(alice.encrypt(images), {
      signal: controller.signal,
      onProgress: () => controller.abort(reason),
    });
    if (threads > 0) expect(await rejectedBy(() => run)).toBe(reason);
    else await run.catch((error: unknown) => expect(error).toBe(reason));
    const early = session.run(alice.encrypt(images), { signal: AbortSignal.abort(reason) });
    expect(await rejectedBy(() => early)).toBe(reason);
    expectLogits(alice.decrypt((await session.run(alice.encrypt(images))).response), images);
  });

  test("damaged requests are refused in one line, and the next run works", async () => {
    const request = alice.encrypt(images);
    const flipped = request.slice();
    // Behind the header of the first ciphertext: its parms id.
    const start =
      flipped.length - (alice.encrypt(images).length - 9) + new DataView(flipped.buffer).getUint32(5, true);
    flipped[start + 20] ^= 0xff;
    for (const bad of [request.subarray(0, -1), request.subarray(0, 50), new Uint8Array(9), flipped]) {
      await refusal(() => session.run(bad));
    }
    expectLogits(alice.decrypt((await session.run(request)).response), images);
  });

  test("is run elsewhere without planning again", async () => {
    const again = Program.fromJSON(JSON.parse(JSON.stringify(program)));
    const elsewhere = await Server.start(again, { threads });
    const remote = await elsewhere.connect(alice.evaluationKeys);
    const { response } = await remote.run(alice.encrypt(images));
    expectLogits(alice.decrypt(response), images);
    await elsewhere.close();
  });
});

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

describe("a server", () => {
  let program: Program;
  let client: Client;
  beforeAll(async () => {
    program = await compiled();
    client = await clientOf(program);
  });

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

  test("that is given damaged keys refuses them, and serves the next client", async () => {
    for (const threads of [0, 2]) {
      const server = await Server.start(program, { threads });
      const damaged = client.evaluationKeys.slice();
      const message = keysFromBytes(damaged, parameters, program.digest, program.clientSpec);
      damaged.fill(0xff, damaged.length - 5000, damaged.length - 4000);
      damaged.fill(0xff, 3000, 3200);
      expect(await refusal(() => server.connect(damaged))).toMatch(/checksum/);
      const checksumWrittenAnew = keysToBytes(parameters, message);
      expect(await refusal(() => server.connect(checksumWrittenAnew))).not.toMatch(/checksum/);
      expect([server.sessions, server.keyBytes]).toEqual([0, 0]);
      const session = await server.connect(client.evaluationKeys);
      expectLogits(client.decrypt((await session.run(client.encrypt(images))).response), images);
      await server.close();
    }
  });

  test("stops the run of a session that is closed, whoever computes", async () => {
    for (const packing of ["packed", "batch"] as const) {
      const own = await compiled({ packing });
      const owner = await clientOf(own);
      for (const threads of [0, 2]) {
        const server = await Server.start(own, { threads });
        const session = await server.connect(owner.evaluationKeys);
        const request = owner.encrypt(images);
        const { length } = (await session.run(request)).traces;
        for (const read of [0, 1, length]) {
          const closing = await server.connect(owner.evaluationKeys);
          const run = closing.forward(request);
          for (let i = 0; i < read; i++) expect((await run.next()).done).toBe(false);
          await closing.close();
          expect(await refusal(() => run.next())).toMatch(/closed/);
        }
        const busy = await server.connect(owner.evaluationKeys);
        const rest = refusal(() => busy.run(request));
        await busy.close();
        expect(await rest).toMatch(/closed/);
        expectLogits(owner.decrypt((await session.run(request)).response), images);
        await server.close();
      }
    }
  });

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
  let program: Program;
  beforeAll(async () => {
    program = await compiled();
  });

  test("is not talked into parameters without security", async () => {
    expect(await refusal(() => Client.create(program.clientSpec))).toMatch(
      /without security; a server must not talk you into them/,
    );
  });

  test("takes its secret key up again, and decrypts what was encrypted before", async () => {
    const client = await clientOf(program);
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
    expect(String(thrownBy(() => client.continuedBy(others.clientSpec)))).toMatch(/no key serves both/);
  });

  test("makes relinearization keys only where they are needed", async () => {
    const linear = await clientOf(await compiled({ layers: [2, 3, 4] }));
    const whole = await clientOf(await compiled({ packing: "batch" }));
    const without = await clientOf(await compiled({ packing: "batch", layers: [2, 3, 4] }));
    expect(without.evaluationKeys.length).toBeLessThan(whole.evaluationKeys.length / 3);
    expect(linear.spec.relinearization).toBe(false);
  });

  test("nothing that it sends holds its secret key", async () => {
    const client = await clientOf(program);
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
    expect(message(many)).toMatch(/at most 1024 images/);
  });
});

test("arguments that are none are refused in one line, whatever TypeScript says", async () => {
  const program = await compiled();
  const client = await clientOf(program);
  const server = await Server.start(program, { threads: 0 });
  const session = await server.connect(client.evaluationKeys);
  const calls: ((value: never) => unknown)[] = [
    (value) => compile(value),
    (value) => Client.create(value),
    (value) => Server.start(value),
    (value) => server.connect(value),
    (value) => session.run(value),
    (value) => client.encrypt(value),
    (value) => client.decrypt(value),
    (value) => client.twin(value),
    (value) => client.continuedBy(value),
    (value) => Program.fromJSON(value),
    (value) => loadModel(value),
    (value) => infer(program, value, { threads: 0 }),
    (value) => explain(value),
  ];
  for (const call of calls) {
    for (const value of [undefined, null, 5, {}, [], "", () => 1]) {
      await refusal(async () => call(value as never));
    }
  }
  for (const options of [
    { labels: [1] },
    { plainLogits: plain(tensor([1, 1, 6, 6], waves(36, 1))) },
    { expectedLogits: images },
  ]) {
    expect(await refusal(() => infer(program, images, { threads: 0, ...options }))).toMatch(
      new RegExp(`^infer: ${Object.keys(options)[0]}: expected .*3`),
    );
  }
  const batch = await compiled({ packing: "batch" });
  expect(thrownBy(() => explain(program, { sample: images }))).toBeInstanceOf(InputError);
  expect(thrownBy(() => explain(batch, { sample: plain(images) }))).toBeInstanceOf(InputError);
  expect(explain(batch, { sample: images }).bytes.input).toBeGreaterThan(0);
  for (const options of [
    5,
    { packng: "batch" },
    { layers: 3 },
    { samples: [] },
    { fuse: 1 },
    { parameters: 5 },
  ]) {
    expect(await refusal(() => compile(tinyModel, options as never))).toMatch(/^compile: /);
  }
  expect(await refusal(() => Server.start(program, { thread: 1 } as never))).toMatch(
    /^server: options: .*thread/,
  );
  await server.close();
});
