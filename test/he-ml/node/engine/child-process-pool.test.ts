import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { TaskFailedError } from "../../../../dist/he-ml/node/engine/engine-types.js";
import { rejectedBy } from "../../support.js";
import { MisbehavingPool } from "./child-process-pool.js";

let pool: MisbehavingPool;

beforeAll(async () => {
  pool = await MisbehavingPool.start(2, { seconds: 60, bytes: 2 ** 30 });
});
afterAll(() => pool[Symbol.asyncDispose]());

test.each([
  ["exit", /process that did it died/],
  ["noise", /sent nonsense/],
  ["steal", /sent nonsense/],
])("a process that is to do its task and does this costs that task alone: %s", async (misdeed, message) => {
  const error = await pool.costsOne(misdeed);
  expect(error).toBeInstanceOf(TaskFailedError);
  expect((error as TaskFailedError).why).toBe("died");
  expect(String(error)).toMatch(message);
});

test("a process sees no variables", async () => {
  process.env.HE_ML_TEST_TOKEN = "secret";
  try {
    await pool.costsOne("exit");
    for (const { environment } of await Promise.all([pool.do("behaves"), pool.do("behaves")])) {
      expect(environment).toEqual([]);
    }
  } finally {
    delete process.env.HE_ML_TEST_TOKEN;
  }
});

test("a task that waits for a process is not begun when it is stopped before; what is done is stopped with the pool", async () => {
  const stop = new AbortController();
  const busy = ["silent", "silent"].map((misdeed) => rejectedBy(() => pool.do(misdeed)));
  const waiting = rejectedBy(() => pool.do("behaves", stop.signal));
  stop.abort();
  expect(await waiting).toBe(stop.signal.reason);
  expect(pool.pool.idle).toBe(0);
  await pool[Symbol.asyncDispose]();
  for (const error of await Promise.all(busy)) expect(String(error)).toMatch(/process pool: it is closed/);
  expect(String(await rejectedBy(() => pool.do("behaves")))).toMatch(/no longer kept|it is closed/);
});
