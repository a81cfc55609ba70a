import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { InputError } from "../../../../../src/he-ml/errors.js";
import { JobExistsError } from "../../../../../src/he-ml/engine/engine.js";
import {
  EngineAwayError,
  QueueClosedError,
  QueueFullError,
  TaskFailedError,
  type Job,
  type TaskResult,
} from "../../../../../src/he-ml/engine/engine-types.js";
import { rejectedBy } from "../../../support.js";
import { FakePool } from "../../../engine/fake-pool.js";
import { RedisServer } from "./redis-server.js";
import { Bench, until } from "./support.js";

let redis: RedisServer;
let bench: Bench;

beforeEach(async () => {
  redis = await RedisServer.start();
  bench = new Bench(redis.url);
});

afterEach(async () => {
  await bench[Symbol.asyncDispose]();
  await redis[Symbol.asyncDispose]();
});

const job = (id: string, owner = "owner", inputDigest = "digest"): Job => ({
  ...{ id, owner, inputDigest },
  task: { kind: "run", program: "program", session: owner },
});
const resultOf = (id: string): TaskResult => ({
  sections: [new TextEncoder().encode(id)],
  ...{ about: { id }, traces: [], evaluateMilliseconds: 1 },
});

test("a job goes to a worker, and its outcome to every server", async () => {
  const { queue, store } = await bench.server();
  const { queue: other } = await bench.server();
  expect(await queue.outcome("a", 0)).toBeUndefined();
  await store.put("input", "a", new Uint8Array([1]), 60);
  await queue.add(job("a"));
  await queue.add(job("b"));
  expect(await other.outcome("a", 0)).toEqual({ state: "queued", before: 0 });
  expect(await other.outcome("b", 0)).toEqual({ state: "queued", before: 1 });
  expect(await other.depth()).toEqual({ queued: 2, running: 0, workers: 0 });

  const pool = new FakePool(1);
  const gate = pool.hold();
  await bench.worker(pool);
  await until(() => pool.running.length === 1);
  expect(await queue.outcome("a", 0)).toEqual({ state: "running", before: 0 });
  expect(await queue.depth()).toEqual({ queued: 1, running: 1, workers: 1 });
  gate();
  for (const one of [queue, other]) {
    expect(await one.outcome("a", 60_000)).toMatchObject({ state: "done", result: resultOf("a") });
    expect(await one.outcome("b", 60_000)).toMatchObject({ state: "done", result: resultOf("b") });
  }
  await until(async () => (await store.get("input", "a")) === undefined);
  expect(await queue.depth()).toEqual({ queued: 0, running: 0, workers: 1 });
});

test("the same job is done once, and another input under its number is refused", async () => {
  const { queue } = await bench.server();
  const { queue: other } = await bench.server();
  await Promise.all(Array.from({ length: 20 }, (_, i) => (i % 2 ? queue : other).add(job("a"))));
  expect((await queue.depth()).queued).toBe(1);
  expect(await rejectedBy(() => other.add(job("a", "owner", "another")))).toBeInstanceOf(JobExistsError);
  const pool = new FakePool(2);
  await bench.worker(pool);
  expect(await queue.outcome("a", 60_000)).toMatchObject({ state: "done" });
  await queue.add(job("a"));
  expect(await rejectedBy(() => other.add(job("a", "owner", "another")))).toBeInstanceOf(JobExistsError);
  expect(await other.outcome("a", 0)).toMatchObject({ state: "done" });
  expect(pool.done).toEqual(["a"]);
});

test("outcomes expire, and the number is free again", async () => {
  const { queue } = await bench.server({ resultSeconds: 1 });
  const pool = new FakePool(1);
  await bench.worker(pool);
  await queue.add(job("a"));
  await queue.outcome("a", 60_000);
  await until(async () => (await queue.outcome("a", 0)) === undefined);
  await queue.add(job("a", "owner", "another"));
  expect(await queue.outcome("a", 60_000)).toMatchObject({ state: "done" });
  expect(pool.done).toEqual(["a", "a"]);
});

test("a job whose result had to go is done again", async () => {
  const { queue, store } = await bench.server();
  const pool = new FakePool(1);
  await bench.worker(pool);
  await queue.add(job("a"));
  await queue.outcome("a", 60_000);
  expect((await store.usage()).result.entries).toBe(1);
  await bench.forgetResults();
  expect(await queue.outcome("a", 0)).toBeUndefined();
  await queue.add(job("a"));
  expect(await queue.outcome("a", 60_000)).toMatchObject({ state: "done" });
  expect(pool.done).toEqual(["a", "a"]);
});

test("there is room for so many of all servers, however many come at once", async () => {
  const { queue } = await bench.server({ mostQueued: 5 });
  const { queue: other } = await bench.server({ mostQueued: 5 });
  const added = await Promise.allSettled(
    Array.from({ length: 20 }, (_, i) => (i % 2 ? queue : other).add(job(`job-${i}`))),
  );
  const refused = added.flatMap((one) => (one.status === "rejected" ? [one.reason as unknown] : []));
  expect(refused).toHaveLength(15);
  for (const reason of refused) {
    expect(reason).toBeInstanceOf(QueueFullError);
    expect((reason as QueueFullError).retryAfterSeconds).toBeGreaterThanOrEqual(1);
  }
  expect((await queue.depth()).queued).toBe(5);
  // What is known is no job more.
  const known = added.findIndex(({ status }) => status === "fulfilled");
  await queue.add(job(`job-${known}`));
  await bench.worker(new FakePool(1));
  await queue.outcome(`job-${known}`, 60_000);
  await until(async () => (await queue.depth()).queued === 0);
  await queue.add(job("later"));
  expect(await queue.outcome("later", 60_000)).toMatchObject({ state: "done" });
});

describe("owners take turns", () => {
  test("one with many jobs does not hold up another's single one", async () => {
    const { queue } = await bench.server({ mostQueued: 100 });
    for (let i = 0; i < 50; i++) await queue.add(job(`many-${i}`, "many"));
    const pool = new FakePool(1);
    const gate = pool.hold(20);
    await bench.worker(pool);
    await until(() => pool.started.length === 20);
    await queue.add(job("single", "single"));
    expect(await queue.outcome("single", 0)).toMatchObject({ state: "queued" });
    gate();
    await queue.outcome("single", 60_000);
    expect(pool.started.indexOf("single")).toBeLessThanOrEqual(22);
    await until(() => pool.done.length === 51);
    const many = pool.done.filter((id) => id !== "single");
    expect(many).toEqual(Array.from({ length: 50 }, (_, i) => `many-${i}`));
  });

  test("one who goes on adding does not hold up who has many waiting", async () => {
    const { queue } = await bench.server({ mostQueued: 100 });
    for (let i = 0; i < 10; i++) await queue.add(job(`many-${i}`, "many"));
    for (let i = 0; i < 3; i++) await queue.add(job(`steady-${i}`, "steady"));
    const pool = new FakePool(1);
    const steady: Promise<void>[] = [];
    // Whenever one of its jobs begins, there is another.
    pool.onStart = (id) => {
      if (id.startsWith("steady")) steady.push(queue.add(job(`steady-${3 + steady.length}`, "steady")));
    };
    await bench.worker(pool);
    await until(() => pool.done.includes("many-9"));
    pool.onStart = () => undefined;
    await Promise.all(steady);
    const before = pool.done.slice(0, pool.done.indexOf("many-9"));
    expect(before.filter((id) => id.startsWith("steady")).length).toBeLessThanOrEqual(13);
  });
});

test("what was refused or failed is told, and not tried again; a process that died gets one more try", async () => {
  const { queue } = await bench.server();
  const pool = new FakePool(1);
  const errors: Readonly<Record<string, Error>> = {
    refused: new InputError("run: no"),
    slow: new TaskFailedError("time", "too slow"),
    large: new TaskFailedError("memory", "too large"),
    dying: new TaskFailedError("died", "it died"),
    wrong: new Error("secret"),
  };
  pool.work = async (id) => {
    if (errors[id]) throw errors[id];
    return resultOf(id);
  };
  await bench.worker(pool);
  for (const id of Object.keys(errors)) await queue.add(job(id));
  const outcome = (id: string) => queue.outcome(id, 60_000);
  expect(await outcome("refused")).toEqual({ state: "refused", reason: "run: no" });
  expect(await outcome("slow")).toEqual({ state: "failed", why: "time", reason: "too slow" });
  expect(await outcome("large")).toEqual({ state: "failed", why: "memory", reason: "too large" });
  expect(await outcome("dying")).toEqual({ state: "failed", why: "died", reason: "it died" });
  expect(await outcome("wrong")).toMatchObject({ state: "failed", why: "died" });
  expect(JSON.stringify(await outcome("wrong"))).not.toContain("secret");
  expect(pool.started).toEqual(["refused", "slow", "large", "dying", "dying", "wrong"]);
});

test("a job that is not wanted any more is taken out, stopped or forgotten, and its number is free at once", async () => {
  const { queue, store } = await bench.server();
  const pool = new FakePool(1);
  const gate = pool.hold();
  await bench.worker(pool);
  for (const id of ["running", "waiting", "last"]) {
    await store.put("input", id, new Uint8Array([1]), 60);
    await queue.add(job(id));
  }
  await until(() => pool.running.length === 1);
  for (const id of ["running", "waiting", "unknown"]) {
    await queue.cancel(id);
    expect(await queue.outcome(id, 0)).toBeUndefined();
    expect(await store.get("input", id)).toBeUndefined();
  }
  await queue.add(job("running", "owner", "another"));
  await until(() => pool.stopped.length === 1);
  gate();
  expect(await queue.outcome("running", 60_000)).toMatchObject({ state: "done" });
  expect(await queue.outcome("last", 60_000)).toMatchObject({ state: "done" });
  expect(pool.stopped).toEqual(["running"]);
  expect(pool.done).toEqual(["last", "running"]);
  await queue.cancel("last");
  expect(await queue.outcome("last", 0)).toBeUndefined();
});

test("who waits is told when a job is cancelled, and can go away", async () => {
  const { queue } = await bench.server();
  await queue.add(job("a"));
  const waiting = queue.outcome("a", 60_000);
  const gone = new AbortController();
  const leaving = queue.outcome("a", 60_000, gone.signal);
  gone.abort();
  expect(await leaving).toEqual({ state: "queued", before: 0 });
  await queue.cancel("a");
  expect(await waiting).toBeUndefined();
});

test("a queue that is drained takes nothing more, and waits for what it took", async () => {
  const { queue } = await bench.server();
  const pool = new FakePool(2);
  await queue.add(job("a"));
  await queue.add(job("b"));
  const draining = queue.drain();
  expect(await rejectedBy(() => queue.add(job("c")))).toBeInstanceOf(QueueClosedError);
  await queue.add(job("a"));
  expect(pool.done).toEqual([]);
  await bench.worker(pool);
  await draining;
  expect([...pool.done].sort()).toEqual(["a", "b"]);
});

test("a worker that is closed finishes what it took, and no more", async () => {
  const { queue } = await bench.server();
  const pool = new FakePool(1);
  const gate = pool.hold();
  const worker = await bench.worker(pool);
  await queue.add(job("a"));
  await queue.add(job("b"));
  await until(() => pool.running.length === 1);
  const closing = worker.close();
  gate();
  await closing;
  expect(pool.done).toEqual(["a"]);
  expect(await queue.outcome("a", 0)).toMatchObject({ state: "done" });
  expect(await queue.outcome("b", 0)).toEqual({ state: "queued", before: 0 });
});

test("what a worker took that stopped at once is done by another", async () => {
  const { queue } = await bench.server();
  const first = new FakePool(1);
  first.hold();
  const worker = await bench.worker(first);
  await queue.add(job("a"));
  await until(() => first.running.length === 1);
  await worker[Symbol.asyncDispose]();
  const second = new FakePool(1);
  await bench.worker(second);
  expect(await queue.outcome("a", 60_000)).toMatchObject({ state: "done", result: resultOf("a") });
  expect(first.done).toEqual([]);
});

describe("Redis that was away", () => {
  test("jobs that wait are kept, and who waits for an outcome gets it", async () => {
    const { queue } = await bench.server();
    for (const id of ["a", "b"]) await queue.add(job(id));
    const outcomes = ["a", "b"].map((id) => queue.outcome(id, 60_000));
    await redis.restart(300);
    await bench.worker(new FakePool(1));
    for (const outcome of await Promise.all(outcomes)) expect(outcome).toMatchObject({ state: "done" });
  });

  test("for as long as it is away, jobs are refused after a little while", async () => {
    const { queue } = await bench.server();
    await redis.kill();
    const refused = await Promise.all(
      Array.from({ length: 10 }, (_, i) => rejectedBy(() => queue.add(job(`job-${i}`)))),
    );
    for (const error of refused) expect(error).toBeInstanceOf(EngineAwayError);
    expect(await rejectedBy(() => queue.outcome("a", 0))).toBeInstanceOf(EngineAwayError);
    await redis.start();
    await queue.add(job("a"));
    await bench.worker(new FakePool(1));
    expect(await queue.outcome("a", 60_000)).toMatchObject({ state: "done" });
  });

  test("a worker goes on with what it did, and with what comes", async () => {
    const { queue } = await bench.server();
    const pool = new FakePool(1);
    const gate = pool.hold();
    await bench.worker(pool);
    await queue.add(job("a"));
    await until(() => pool.running.length === 1);
    await redis.kill();
    gate();
    await until(() => pool.done.length === 1);
    await redis.start();
    expect(await queue.outcome("a", 60_000)).toMatchObject({ state: "done" });
    await queue.add(job("b"));
    expect(await queue.outcome("b", 60_000)).toMatchObject({ state: "done" });
  });
});
