import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { InputError } from "../../../src/he-ml/errors.js";
import { storeLimits, readEngineOptions } from "../../../src/he-ml/engine/engine-options.js";
import { JobExistsError } from "../../../src/he-ml/engine/engine.js";
import {
  QueueClosedError,
  QueueFullError,
  TaskFailedError,
  type Job,
} from "../../../src/he-ml/engine/engine-types.js";
import { MemoryQueue } from "../../../src/he-ml/engine/memory-queue.js";
import { MemoryStore } from "../../../src/he-ml/engine/memory-store.js";
import { rejectedBy } from "../support.js";
import { FakePool } from "./fake-pool.js";

let store: MemoryStore;
let pool: FakePool;
let queue: MemoryQueue;

beforeEach(() => open(1));
afterEach(async () => {
  await queue[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
});

function open(processes: number, mostQueued = 64): void {
  store = new MemoryStore(storeLimits(readEngineOptions()));
  pool = new FakePool(processes);
  queue = new MemoryQueue(store, pool, { mostQueued, resultSeconds: 600 });
}

const job = (id: string, owner = "owner", inputDigest = "digest"): Job => ({
  ...{ id, owner, inputDigest },
  task: { kind: "run", program: "program", session: owner },
});
const died = () => new TaskFailedError("died", "job: the process that did it died");
const longest = 60_000;
const stateOf = async (id: string, milliseconds = longest) => (await queue.outcome(id, milliseconds))?.state;

test("a job's outcome: waiting, being done, done, with its result and the time that it waited", async () => {
  const release = pool.hold();
  await store.put("input", "b", new Uint8Array(1), 60);
  for (const id of ["a", "b", "c"]) await queue.add(job(id));
  expect(await queue.outcome("a", 0)).toEqual({ state: "running", before: 0 });
  expect(await queue.outcome("b", 0)).toEqual({ state: "queued", before: 0 });
  expect(await queue.outcome("c", 1)).toEqual({ state: "queued", before: 1 });
  expect(await queue.depth()).toEqual({ queued: 2, running: 1 });
  const waiting = queue.outcome("b", longest);
  release();
  const outcome = (await waiting)!;
  expect(outcome).toMatchObject({ state: "done", result: { about: { id: "b" } } });
  expect(outcome.state === "done" && outcome.queueMilliseconds).toBeGreaterThan(0);
  expect(outcome.state === "done" && outcome.result.sections).toEqual([new TextEncoder().encode("b")]);
  expect(await stateOf("c")).toBe("done");
  expect(await store.get("input", "b")).toBeUndefined();
  expect(await queue.outcome("unknown", longest)).toBeUndefined();
});

test("processes are told whose turn is next while all are busy", async () => {
  const release = pool.hold();
  await queue.add(job("a", "one"));
  expect(pool.expected).toEqual([]);
  for (const id of ["b", "c"]) await queue.add(job(id, "one"));
  await queue.add(job("d", "two"));
  expect(pool.expected).toEqual(["b"]);
  release();
  await stateOf("c");
  expect(pool.expected).toEqual(["b", "d", "c"]);
});

test("owners take turns, and each owner's jobs are done in order", async () => {
  const release = pool.hold();
  const jobs = ["a1", "a2", "a3", "a4", "b1", "b2", "c1"];
  for (const id of jobs) await queue.add(job(id, id[0]));
  // a1 is being done.
  const before = await Promise.all(
    jobs.map(async (id) => (await queue.outcome(id, 0)) as { before: number }),
  );
  const order = ["a2", "b1", "c1", "a3", "b2", "a4"];
  expect(before.map((outcome) => outcome.before)).toEqual([
    0,
    ...jobs.slice(1).map((id) => order.indexOf(id)),
  ]);
  release();
  await queue.drain();
  expect(pool.started).toEqual(["a1", ...order]);
});

test("as many are done at a time as there are processes; one more than may wait is refused, with a guess when to come back", async () => {
  await queue[Symbol.asyncDispose]();
  open(2, 3);
  const release = pool.hold();
  for (const id of ["a", "b", "c", "d", "e"]) await queue.add(job(id, id));
  expect(await queue.depth()).toEqual({ queued: 3, running: 2 });
  const error = await rejectedBy(() => queue.add(job("f")));
  expect(error).toBeInstanceOf(QueueFullError);
  expect((error as QueueFullError).retryAfterSeconds).toBeGreaterThanOrEqual(1);
  await queue.add(job("e", "e"));
  release();
  expect(await stateOf("e")).toBe("done");
  await queue.add(job("f"));
  expect(await stateOf("f")).toBe("done");
});

test("the same job again changes nothing; another input under its number is refused", async () => {
  const release = pool.hold();
  for (let i = 0; i < 3; i++) await queue.add(job("a"));
  release();
  await queue.outcome("a", longest);
  await queue.add(job("a"));
  expect(pool.started).toEqual(["a"]);
  const error = await rejectedBy(() => queue.add(job("a", "owner", "another")));
  expect(error).toBeInstanceOf(JobExistsError);
  expect(await stateOf("a")).toBe("done");
});

test("a job whose result there was no room for any more is unknown, and done again if it is added again", async () => {
  await queue.add(job("a"));
  expect(await stateOf("a")).toBe("done");
  await store.delete("result", "a");
  expect(await queue.outcome("a", longest)).toBeUndefined();
  await queue.add(job("a"));
  expect(await stateOf("a")).toBe("done");
  expect(pool.started).toEqual(["a", "a"]);
});

test("outcomes of ten thousand jobs are kept, however many there were", async () => {
  for (let i = 0; i < 10_010; i++) {
    await queue.add(job(`job-${i}`));
    await queue.outcome(`job-${i}`, longest);
  }
  expect(await queue.outcome("job-0", 0)).toBeUndefined();
  expect(await stateOf("job-100", 0)).toBe("done");
});

describe("a task that does not end well", () => {
  test("is given to another process once, where its own died", async () => {
    const work = pool.work;
    pool.work = async (id) => {
      if (pool.started.length === 1) throw died();
      return work(id);
    };
    await queue.add(job("a"));
    expect(await stateOf("a")).toBe("done");
    expect(pool.started).toEqual(["a", "a"]);
  });

  test("has failed where that died, too, and the next is done", async () => {
    const work = pool.work;
    pool.work = async (id) => {
      if (id === "a") throw died();
      return work(id);
    };
    await queue.add(job("a"));
    await queue.add(job("b"));
    expect(await queue.outcome("a", longest)).toEqual({
      state: "failed",
      why: "died",
      reason: died().message,
    });
    expect(await stateOf("b")).toBe("done");
    expect(pool.started).toEqual(["a", "a", "b"]);
  });

  test.each<[string, Error, string]>([
    ["failed by its time", new TaskFailedError("time", "too long"), "failed"],
    ["failed by its memory", new TaskFailedError("memory", "too much"), "failed"],
    ["was refused", new InputError("damaged"), "refused"],
  ])("is not begun again where it %s", async (_, error, state) => {
    pool.work = () => Promise.reject(error);
    await queue.add(job("a"));
    expect(await queue.outcome("a", longest)).toMatchObject({ state, reason: error.message });
    expect(pool.started).toEqual(["a"]);
  });
});

test("a job that is cancelled is taken out, or stopped, and forgotten; its number may be used again", async () => {
  const release = pool.hold();
  for (const id of ["a", "b", "c"]) await queue.add(job(id));
  const waiting = ["a", "b"].map((id) => queue.outcome(id, longest));
  await queue.cancel("b");
  await queue.cancel("a");
  await queue.cancel("unknown");
  expect(await Promise.all(waiting)).toEqual([undefined, undefined]);
  await queue.add(job("a", "owner", "another"));
  release();
  await queue.drain();
  expect(pool.stopped).toEqual(["a"]);
  expect(pool.done).toEqual(["c", "a"]);
  expect(await stateOf("a")).toBe("done");
  await queue.cancel("a");
  expect(await queue.outcome("a", 0)).toBeUndefined();
  expect(await store.get("result", "a")).toBeUndefined();
});

test("who waits stops waiting at once when they are gone", async () => {
  const release = pool.hold();
  await queue.add(job("a"));
  const gone = new AbortController();
  const waiting = queue.outcome("a", longest, gone.signal);
  gone.abort();
  expect(await waiting).toEqual({ state: "running", before: 0 });
  expect(await queue.outcome("a", longest, gone.signal)).toEqual({ state: "running", before: 0 });
  release();
});

test("drained: what was accepted is done, and nothing more taken", async () => {
  const release = pool.hold();
  for (const id of ["a", "b"]) await queue.add(job(id));
  const drained = queue.drain();
  expect(await rejectedBy(() => queue.add(job("c")))).toBeInstanceOf(QueueClosedError);
  await queue.add(job("b"));
  release();
  await drained;
  expect(pool.done).toEqual(["a", "b"]);
  expect(await stateOf("b")).toBe("done");
});

test("outcomes are kept for their time", async () => {
  jest.useFakeTimers({ doNotFake: ["setImmediate", "nextTick", "queueMicrotask"] });
  try {
    await queue.add(job("a"));
    pool.work = () => Promise.reject(new InputError("damaged"));
    await queue.add(job("b"));
    await queue.drain();
    jest.advanceTimersByTime(599_000);
    expect([await stateOf("a", 0), await stateOf("b", 0)]).toEqual(["done", "refused"]);
    jest.advanceTimersByTime(2000);
    expect([await stateOf("a", 0), await stateOf("b", 0)]).toEqual([undefined, undefined]);
  } finally {
    jest.useRealTimers();
  }
});
