import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { kill } from "node:process";
import { Server, loadModel, tensor } from "../../../../dist/he-ml/node/index.js";
import { JobExistsError, type Engine } from "../../../../dist/he-ml/engine/engine.js";
import type { HeldProgram } from "../../../../dist/he-ml/engine/engine-types.js";
import { startLocalEngine } from "../../../../dist/he-ml/node/engine/start-engine.js";
import { compile } from "../../../../dist/he-ml/program/compile.js";
import { temporaryFolder, writeModel } from "../../../cli/support.js";
import { rejectedBy } from "../../support.js";
import {
  answerOf,
  inputErrorOf,
  newSession,
  outcomeOf,
  refusalOf,
  smallModel,
  smallRequest as request,
  workerPids,
} from "./support.js";

const image = tensor([1, 4], [0.5, -0.25, 1, 0]);
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let engine: Engine;
let path: string;
let program: HeldProgram;

beforeAll(async () => {
  folder = await temporaryFolder();
  path = await writeModel(folder.path, smallModel);
  engine = await startLocalEngine({ processes: 1, mostDegree: 8192 });
  [program] = (await engine.compile({ net: "small", path }, request)).programs;
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  expect(workerPids()).toEqual([]);
  await folder.remove();
});

test("answers are the library's own, also after the process was killed in the midst of one", async () => {
  const { client, session, input } = await newSession(engine, program);
  expect(session).toMatchObject({ program: program.digest, keyBytes: client.evaluationKeys.length });
  const bytes = input(image);
  expect(Math.abs(bytes.length - program.inputBytes)).toBeLessThan(1000);

  const { net, ...options } = request;
  const own = await compile({ ...(await loadModel(path)), name: net }, options);
  await using server = await Server.start(own, { threads: 0 });
  const { response } = await (await server.connect(client.evaluationKeys)).run(bytes);
  expect(await answerOf(engine, session, bytes)).toEqual(response);

  // Signals that end a server are for it to obey: what was accepted is finished first.
  for (const pid of workerPids()) for (const signal of ["SIGINT", "SIGTERM"]) kill(pid, signal);
  expect(await answerOf(engine, session, bytes)).toEqual(response);
  expect((await engine.status()).processes).toEqual({ alive: 1, replaced: 0 });

  await engine.run(session, "killed", bytes);
  for (const pid of workerPids()) kill(pid, "SIGKILL");
  expect(await answerOf(engine, session, bytes)).toEqual(response);
  expect(await engine.outcome("killed", 0)).toMatchObject({
    state: "done",
    result: { sections: [response] },
  });
  const { processes, sessions } = await engine.status();
  expect({ processes, sessions }).toEqual({ processes: { alive: 1, replaced: 1 }, sessions: 1 });

  expect(await rejectedBy(() => engine.run(session, "killed", bytes.subarray(1)))).toBeInstanceOf(
    JobExistsError,
  );
  expect(await engine.closeSession(session.session)).toBe(true);
  expect(await engine.closeSession(session.session)).toBe(false);
  expect(await engine.session(session.session)).toBeUndefined();
  expect(await inputErrorOf(() => outcomeOf(engine, session, bytes))).toMatch(/there is no session/);
});

test("what is hostile is refused, with a reason, and harms nobody", async () => {
  const { client, session, input } = await newSession(engine, program);
  const { replaced } = (await engine.status()).processes!;
  expect(await refusalOf(engine, session, new Uint8Array(0))).toMatch(/begin with HEML/);
  expect(await refusalOf(engine, session, input(image).subarray(1))).toMatch(/begin with HEML/);
  const keys = client.evaluationKeys;
  expect(await inputErrorOf(() => engine.openSession(program, keys.subarray(2000)))).toMatch(
    /expected evaluation keys of/,
  );
  const damaged = keys.slice();
  damaged[damaged.length - 1000] ^= 1;
  expect(await inputErrorOf(() => engine.openSession(program, damaged))).toMatch(/damaged/);
  expect((await engine.status()).processes).toEqual({ alive: 1, replaced });
});

test("a request is compiled once; parameters without security, or larger than the server takes, are refused", async () => {
  const model = { net: "small", path };
  const again = await Promise.all([1, 2].map(() => engine.compile(model, request)));
  for (const { programs } of again) expect(programs).toEqual([program]);
  expect(await engine.program(program.digest)).toEqual(program);
  expect(await engine.program("0".repeat(64))).toBeUndefined();
  const asked = (other: object) =>
    inputErrorOf(() =>
      engine.compile(model, { ...request, parameters: { ...request.parameters, ...other } }),
    );
  expect(await asked({ polyModulusDegree: 1024 })).toMatch(/are below 128-bit security/);
  expect(await asked({ security: "teaching" })).toMatch(/at least 128-bit security, got "teaching"/);
  expect(await asked({ polyModulusDegree: 16_384 })).toMatch(/polyModulusDegree of at most 8192/);
});

test("of two models with the same program but for weights, a session says whose it is", async () => {
  const other = await temporaryFolder();
  try {
    const model = { net: "other", path: await writeModel(other.path, { ...smallModel, name: "other" }) };
    const [twin] = (await engine.compile(model, { ...request, net: "other" })).programs;
    expect(twin.digest).toBe(program.digest);
    expect(twin.stored).not.toBe(program.stored);
    const noKeys = new Uint8Array(0);
    expect(await inputErrorOf(() => engine.openSession(program, noKeys))).toMatch(
      /models other and small.*say the net/,
    );
    expect(await inputErrorOf(() => engine.openSession(program, noKeys, "small"))).toMatch(
      /expected evaluation keys/,
    );
  } finally {
    await other.remove();
  }
});
