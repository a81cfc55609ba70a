import { afterAll, afterEach, beforeAll, expect, jest, test } from "@jest/globals";
import { RemoteModel } from "../../../src/he-ml/network/remote-model.js";
import { maxAbsDifference, rejectedBy } from "../support.js";
import { images, listening, logitsOf, teaching, until } from "./support.js";

let server: Awaited<ReturnType<typeof listening>>;
beforeAll(async () => (server = await listening()));
afterAll(() => server.stop());
afterEach(() => {
  jest.restoreAllMocks();
});

const plain = logitsOf(images);

async function connected() {
  const opened = jest.spyOn(server.engine, "openSession");
  const remote = await RemoteModel.connect(server.url, "tiny", teaching);
  const loseSession = async () =>
    server.engine.closeSession(((await opened.mock.results[0].value) as { session: string }).session);
  return { remote, opened, loseSession, [Symbol.asyncDispose]: () => remote.close() };
}

async function expectAnswer(remote: RemoteModel): Promise<void> {
  const { logits } = await remote.infer(images);
  expect(maxAbsDifference(logits.data, plain.data)).toBeLessThan(0.05);
}

test("a session that is gone is opened again, with the same keys", async () => {
  await using held = await connected();
  const { remote, opened, loseSession } = held;
  await loseSession();
  await expectAnswer(remote);
  expect(opened).toHaveBeenCalledTimes(2);
  expect(Buffer.compare(opened.mock.calls[0][1], opened.mock.calls[1][1])).toBe(0);
});

test("a program that is gone, too, is asked for again", async () => {
  await using held = await connected();
  const { remote, opened, loseSession } = held;
  await loseSession();
  const compiled = jest.spyOn(server.engine, "compile");
  jest.spyOn(server.engine, "program").mockResolvedValueOnce(undefined);
  await expectAnswer(remote);
  expect([compiled.mock.calls.length, opened.mock.calls.length]).toEqual([1, 2]);
});

test("where there is another program by now, all is opened anew under the same secret key", async () => {
  await using held = await connected();
  const { remote, opened, loseSession } = held;
  const { digest } = remote.specs[0];
  const key = remote.exportSecretKey();
  await loseSession();
  const { engine } = server;
  const [compile, program] = [engine.compile.bind(engine), engine.program.bind(engine)];
  jest
    .spyOn(engine, "compile")
    .mockImplementation((model, request) => compile(model, { ...request, packing: "batch" }));
  jest
    .spyOn(engine, "program")
    .mockImplementation(async (asked) => (asked === digest ? undefined : program(asked)));
  const both = await Promise.all([remote.infer(images), remote.infer(images)]);
  for (const { logits } of both) expect(maxAbsDifference(logits.data, plain.data)).toBeLessThan(0.05);
  expect(remote.specs[0].packing).toBe("batch");
  expect(Buffer.compare(remote.exportSecretKey(), key)).toBe(0);
  expect(opened).toHaveBeenCalledTimes(2);
});

test("a server that forgets at once is not asked for ever", async () => {
  await using held = await connected();
  const { remote } = held;
  jest.spyOn(server.engine, "session").mockResolvedValue(undefined);
  expect(await rejectedBy(() => remote.infer(images))).toMatchObject({ code: "unknown-session" });
});

test("a job that is gone is sent again under the same number", async () => {
  await using held = await connected();
  const { remote } = held;
  const run = jest.spyOn(server.engine, "run");
  jest.spyOn(server.engine, "outcome").mockResolvedValueOnce(undefined);
  await expectAnswer(remote);
  expect(run).toHaveBeenCalledTimes(2);
  expect(run.mock.calls[0][1]).toBe(run.mock.calls[1][1]);
});

test("what is stopped is not computed any more", async () => {
  await using held = await connected();
  const { remote } = held;
  let open: () => void = () => undefined;
  server.engine.gate = new Promise<void>((resolve) => (open = resolve));
  server.engine.jobs.clear();
  for (const stop of [new AbortController(), undefined]) {
    const failed = rejectedBy(() => remote.infer(images, { signal: stop?.signal }));
    await until(() => server.engine.jobs.size === 1);
    if (stop) stop.abort(new Error("enough"));
    else await remote.close();
    expect(await failed).toMatchObject({
      message: expect.stringMatching(stop ? /^enough$/ : /it is closed/),
    });
    if (stop) await until(() => server.engine.jobs.size === 0);
  }
  open();
});
