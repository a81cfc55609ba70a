import { expect, test } from "@jest/globals";
// Worker threads load plain JavaScript, so the pool is tested as it is built.
import { InputError } from "../../../../dist/he-ml/node/index.js";
import { piscinaWorkers } from "../../../../dist/he-ml/node/threads/piscina-workers.js";
import { WorkerPool } from "../../../../dist/he-ml/threads/worker-pool.js";
import { rejectedBy } from "../../support.js";

type Pool = WorkerPool<{ readonly deadly?: boolean }>;

const startWorkers = piscinaWorkers(new URL("dying-worker.mjs", import.meta.url));
const keys = (deadly: 0 | 1) => ({ publicKey: Uint8Array.of(deadly) });
const opened = async () => {
  const pool: Pool = await WorkerPool.start(startWorkers, {} as never, 2);
  return { pool, client: await pool.open(keys(0)) };
};

/** Threads of this process, beside its main one. @see https://nodejs.org/api/report.html */
const runningWorkers = () =>
  (process.report.getReport() as { readonly workers: readonly unknown[] }).workers.length;

test.each<[string, (pool: Pool, client: number) => Promise<unknown>]>([
  ["computes", (pool, client) => pool.compute(client, { deadly: true })],
  ["gets keys, while the others wait for it", (pool) => pool.open(keys(1))],
])("a thread that dies when it %s ends all work, and says so", async (_, work) => {
  const { pool, client } = await opened();
  await pool.compute(client, {});
  const asked = [() => work(pool, client), () => pool.open(keys(0)), () => pool.compute(client, {})];
  for (const ask of asked) {
    const error = await rejectedBy(ask);
    expect(error).not.toBeInstanceOf(InputError);
    expect(String(error)).toMatch(/one of its threads died, and it stopped; start another/);
  }
  await pool.forget(client);
  await pool.close();
  expect(runningWorkers()).toBe(0);
});

test("a pool that is closed while it computes refuses what it was asked", async () => {
  const { pool, client } = await opened();
  const asked = Array.from({ length: 8 }, () => rejectedBy(() => pool.open(keys(0))));
  await pool.close();
  for (const error of await Promise.all(asked)) expect(error).toBeInstanceOf(InputError);
  expect(runningWorkers()).toBe(0);
  expect(await rejectedBy(() => pool.compute(client, {}))).toBeInstanceOf(InputError);
});
