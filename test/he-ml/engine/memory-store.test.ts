import { afterEach, beforeEach, expect, jest, test } from "@jest/globals";
import { StoreFullError, storeKinds } from "../../../src/he-ml/engine/engine-types.js";
import { MemoryStore, type StoreLimit } from "../../../src/he-ml/engine/memory-store.js";
import { rejectedBy } from "../support.js";

let store: MemoryStore;

beforeEach(() => {
  jest.useFakeTimers();
  store = new MemoryStore(limits({ bytes: 100, entries: 3 }));
});

afterEach(async () => {
  await store[Symbol.asyncDispose]();
  jest.useRealTimers();
});

const limits = (limit: StoreLimit) =>
  Object.fromEntries(storeKinds.map((kind) => [kind, limit])) as ConstructorParameters<typeof MemoryStore>[0];
const bytes = (length: number, value = 1) => new Uint8Array(length).fill(value);
const kept = async (...ids: string[]) => {
  const there = await Promise.all(ids.map(async (id) => (await store.get("keys", id)) !== undefined));
  return ids.filter((_, i) => there[i]);
};

test("what is put is there, by kind and name, until it is replaced or deleted", async () => {
  await store.put("keys", "a", bytes(10, 1), 60);
  await store.put("result", "a", bytes(20, 2), 60);
  expect(await store.get("keys", "a")).toEqual(bytes(10, 1));
  expect(await store.get("result", "a")).toEqual(bytes(20, 2));
  await store.put("keys", "a", bytes(30, 3), 60);
  expect(await store.get("keys", "a")).toEqual(bytes(30, 3));
  expect((await store.usage()).keys).toEqual({ entries: 1, bytes: 30 });
  await store.delete("keys", "a");
  await store.delete("keys", "a");
  expect(await store.get("keys", "a")).toBeUndefined();
  expect((await store.usage()).keys).toEqual({ entries: 0, bytes: 0 });
});

test("what was not used for its time is gone; using it with a time lets it live on, without one it does not", async () => {
  for (const id of ["read", "renewed", "touched"]) await store.put("keys", id, bytes(10), 60);
  jest.advanceTimersByTime(50_000);
  await store.get("keys", "read");
  await store.get("keys", "renewed", 60);
  expect(await store.touch("keys", "touched", 60)).toBe(true);
  jest.advanceTimersByTime(50_000);
  expect(await kept("read", "renewed", "touched")).toEqual(["renewed", "touched"]);
  jest.advanceTimersByTime(11_000);
  expect(await store.touch("keys", "touched", 60)).toBe(false);
  expect((await store.usage()).keys).toEqual({ entries: 0, bytes: 0 });
});

test("where there is no room, what was used least recently goes; nothing goes for what can never be held", async () => {
  await store.put("keys", "a", bytes(40), 60);
  await store.put("keys", "b", bytes(40), 60);
  await store.get("keys", "a");
  await store.put("keys", "c", bytes(30), 60);
  expect(await kept("a", "b", "c")).toEqual(["a", "c"]);
  const error = await rejectedBy(() => store.put("keys", "d", bytes(101), 60));
  expect(error).toBeInstanceOf(StoreFullError);
  expect(await kept("a", "c")).toEqual(["a", "c"]);
  for (const id of ["d", "e", "f"]) await store.put("keys", id, bytes(1), 60);
  expect(await kept("a", "c", "d", "e", "f")).toEqual(["d", "e", "f"]);
});

test("inputs never go for others: there is no room until one expires, is replaced or deleted", async () => {
  await store.put("input", "a", bytes(60), 10);
  await store.put("input", "b", bytes(40), 60);
  expect(await rejectedBy(() => store.put("input", "c", bytes(1), 60))).toBeInstanceOf(StoreFullError);
  await store.put("input", "b", bytes(30), 60);
  await store.put("input", "c", bytes(10), 60);
  expect(await rejectedBy(() => store.put("input", "d", bytes(1), 60))).toBeInstanceOf(StoreFullError);
  jest.advanceTimersByTime(10_000);
  await store.put("input", "d", bytes(60), 60);
  expect((await store.usage()).input).toEqual({ entries: 3, bytes: 100 });
});
