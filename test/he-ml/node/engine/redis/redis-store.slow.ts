import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Redis } from "ioredis";
import { EngineAwayError, StoreFullError } from "../../../../../src/he-ml/engine/engine-types.js";
import type { StoreLimit } from "../../../../../src/he-ml/engine/memory-store.js";
import { RedisConnection } from "../../../../../src/he-ml/node/engine/redis/redis-connection.js";
import { RedisStore } from "../../../../../src/he-ml/node/engine/redis/redis-store.js";
import { rejectedBy } from "../../../support.js";
import { RedisServer } from "./redis-server.js";
import { limitsOf, until } from "./support.js";

const bytes = (length: number, value = 1) => new Uint8Array(length).fill(value);

let redis: RedisServer;
let prefixes = 0;
const open: AsyncDisposable[] = [];

beforeAll(async () => {
  redis = await RedisServer.start();
});

afterAll(async () => {
  for (const one of open) await one[Symbol.asyncDispose]();
  await redis[Symbol.asyncDispose]();
});

/** Stores of one prefix, each with a connection of its own. */
async function stores<N extends number>(count: N, limit: StoreLimit, prefix = `store-${prefixes++}`) {
  const made: RedisStore[] = [];
  while (made.length < count) {
    const connection = await RedisConnection.open({ url: redis.url, patienceSeconds: 1 });
    made.push(new RedisStore(connection, prefix, limitsOf(limit)));
  }
  open.push(...made);
  return made;
}

const usage = async (store: RedisStore, kind: "keys" | "input" = "keys") => (await store.usage())[kind];

test("what is put is there for every process, byte by byte, until it is deleted", async () => {
  const [one, other] = await stores(2, { bytes: 1e6 });
  const all = Uint8Array.from({ length: 256 }, (_, i) => i);
  await one.put("keys", "a:b", all.subarray(1), 60);
  expect(await other.get("keys", "a:b")).toEqual(all.slice(1));
  expect(await other.get("input", "a:b")).toBeUndefined();
  expect(await usage(other)).toEqual({ entries: 1, bytes: 255 });
  await other.put("keys", "a:b", bytes(10), 60);
  expect(await one.get("keys", "a:b")).toEqual(bytes(10));
  expect(await usage(one)).toEqual({ entries: 1, bytes: 10 });
  await one.delete("keys", "a:b");
  expect(await other.get("keys", "a:b")).toBeUndefined();
  expect(await usage(other)).toEqual({ entries: 0, bytes: 0 });
});

test("what has expired is gone, and gives room", async () => {
  const [store] = await stores(1, { bytes: 100 });
  await store.put("input", "short", bytes(80), 0.05);
  await store.put("input", "long", bytes(20), 60);
  await until(async () => (await store.get("input", "short")) === undefined);
  expect(await usage(store, "input")).toEqual({ entries: 1, bytes: 20 });
  await store.put("input", "next", bytes(80), 60);
  expect(await usage(store, "input")).toEqual({ entries: 2, bytes: 100 });
});

test("whoever is asked for lives on, and nobody else", async () => {
  const [store] = await stores(1, { bytes: 100 });
  for (const id of ["asked", "touched", "left"]) await store.put("keys", id, bytes(1), 2);
  expect(await store.get("keys", "asked", 60)).toEqual(bytes(1));
  expect(await store.touch("keys", "touched", 60)).toBe(true);
  await until(async () => (await store.get("keys", "left")) === undefined);
  expect(await store.touch("keys", "left", 60)).toBe(false);
  expect(await store.get("keys", "asked")).toEqual(bytes(1));
  expect(await store.get("keys", "touched")).toEqual(bytes(1));
  expect(await usage(store)).toEqual({ entries: 2, bytes: 2 });
});

test("where there is no room, what was least recently used goes", async () => {
  const [store] = await stores(1, { bytes: 100 });
  for (const id of ["a", "b", "c"]) await store.put("keys", id, bytes(30), 60);
  await store.get("keys", "a");
  await store.touch("keys", "b", 60);
  await store.put("keys", "d", bytes(40), 60);
  expect(await store.get("keys", "c")).toBeUndefined();
  for (const id of ["a", "b", "d"]) expect(await store.get("keys", id)).toBeDefined();
  expect(await usage(store)).toEqual({ entries: 3, bytes: 100 });
  expect(await rejectedBy(() => store.put("keys", "e", bytes(101), 60))).toBeInstanceOf(StoreFullError);
  expect(await usage(store)).toEqual({ entries: 3, bytes: 100 });
});

test("there are at most as many entries as there may be", async () => {
  const [store] = await stores(1, { bytes: 1e6, entries: 2 });
  for (const id of ["a", "b", "b", "c"]) await store.put("program", id, bytes(1), 60);
  expect(await store.get("program", "a")).toBeUndefined();
  expect((await store.usage()).program).toEqual({ entries: 2, bytes: 2 });
});

test("inputs stay, and one too many is refused", async () => {
  const [store] = await stores(1, { bytes: 100 });
  await store.put("input", "a", bytes(60), 60);
  const error = await rejectedBy(() => store.put("input", "b", bytes(41), 60));
  expect(error).toBeInstanceOf(StoreFullError);
  expect((error as Error).message).toMatch(/41 bytes more \(input\): 60 of 100/);
  await store.put("input", "a", bytes(100, 2), 60);
  expect(await store.get("input", "a")).toEqual(bytes(100, 2));
});

test("many at once never take more than there is", async () => {
  const [one, other] = await stores(2, { bytes: 1000 });
  const puts = Array.from({ length: 100 }, (_, i) =>
    [one, other][i % 2].put("keys", `key-${i % 40}`, bytes(10 + (i % 30)), 60),
  );
  await Promise.all(puts);
  const { bytes: taken, entries } = await usage(one);
  const found = await Promise.all(Array.from({ length: 40 }, (_, i) => other.get("keys", `key-${i}`)));
  const lengths = found.flatMap((value) => (value ? [value.length] : []));
  expect(lengths).toHaveLength(entries);
  expect(lengths.reduce((sum, length) => sum + length)).toBe(taken);
  expect(taken).toBeLessThanOrEqual(1000);
});

test("what was deleted behind the store's back is not counted once it is asked for", async () => {
  const [store] = await stores(1, { bytes: 1000 }, "behind");
  await store.put("keys", "a", bytes(10), 60);
  const client = new Redis(redis.url);
  await client.del("behind:keys:a");
  client.disconnect();
  expect(await store.get("keys", "a")).toBeUndefined();
  expect(await usage(store)).toEqual({ entries: 0, bytes: 0 });
});

test("keys of tens of megabytes", async () => {
  const [store] = await stores(1, { bytes: 1e9 });
  const keys = bytes(48 * 2 ** 20, 7);
  await store.put("keys", "large", keys, 60);
  const got = await store.get("keys", "large");
  expect(Buffer.compare(got!, keys)).toBe(0);
  await store.delete("keys", "large");
});

describe("Redis that was away", () => {
  test("a store waits a little, then says so; what was put is there again", async () => {
    const [store] = await stores(1, { bytes: 1000 });
    await store.put("keys", "a", bytes(10), 600);
    await redis.kill();
    const refused = await Promise.all(
      Array.from({ length: 20 }, () => rejectedBy(() => store.put("keys", "b", bytes(10), 60))),
    );
    for (const error of refused) expect(error).toBeInstanceOf(EngineAwayError);
    const waiting = store.get("keys", "a");
    await redis.start();
    expect(await waiting).toEqual(bytes(10));
    expect(await usage(store)).toEqual({ entries: 1, bytes: 10 });
  });

  test("in the middle of many commands none fails, and counts are right", async () => {
    const [store] = await stores(1, { bytes: 1e6 });
    const puts = (async () => {
      for (let i = 0; i < 300; i++) await store.put("keys", `key-${i % 50}`, bytes(1 + i), 600);
    })();
    await redis.restart();
    await puts;
    const expected = Array.from({ length: 50 }, (_, i) => 1 + 250 + i).reduce((sum, length) => sum + length);
    expect(await usage(store)).toEqual({ entries: 50, bytes: expected });
  });
});

test("full memory is told as such", async () => {
  await using small = await RedisServer.start("--maxmemory", "3mb");
  const connection = await RedisConnection.open({ url: small.url, patienceSeconds: 1 });
  await using store = new RedisStore(connection, "small", limitsOf({ bytes: 1e9 }));
  const error = await rejectedBy(async () => {
    for (let i = 0; i < 10; i++) await store.put("keys", `key-${i}`, bytes(2 ** 20), 60);
  });
  expect(error).toBeInstanceOf(StoreFullError);
});
