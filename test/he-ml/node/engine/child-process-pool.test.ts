import { setImmediate } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { TaskFailedError } from "../../../../dist/he-ml/engine/engine-types.js";
import { rejectedBy } from "../../support.js";
import { MisbehavingPool, taskOf } from "./child-process-pool.js";

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

describe("the input of a task that is expected", () => {
  let pool: MisbehavingPool;
  beforeAll(async () => {
    pool = await MisbehavingPool.start(1, { seconds: 60, bytes: 2 ** 30 });
  });
  afterAll(() => pool[Symbol.asyncDispose]());

  /** Begins a task, says of some jobs, one after the other, that each is the next, and waits for the end of the task. */
  async function expectDuring(task: string, count: number): Promise<string[]> {
    const [busy, ...jobs] = await Promise.all(Array.from({ length: count + 1 }, () => pool.newJob()));
    const done = pool.doJob(busy, task).catch(() => undefined);
    for (const job of jobs) {
      pool.pool.expect(job, taskOf("behaves"));
      await setImmediate();
    }
    await done;
    return jobs;
  }
  const isSentAhead = async (job: string) => (await pool.doJob(job, "behaves")).isSentAhead;

  test("travels while another is done", async () => {
    const [job] = await expectDuring("until 1 ahead", 1);
    expect(await isSentAhead(job)).toBe(true);
    expect(await isSentAhead(await pool.newJob())).toBe(false);
  });

  test("is one for each task, however many are expected in turn; whichever is done gets its own", async () => {
    const [first] = await expectDuring("until 1 ahead", 3);
    expect(await isSentAhead(first)).toBe(true);
    const [another, second] = await expectDuring("until 1 ahead", 2);
    expect(await isSentAhead(second)).toBe(false);
    expect(await isSentAhead(another)).toBe(false);
  });

  test("is sent again where the number came to stand for another input", async () => {
    const [job] = await expectDuring("until 1 ahead", 1);
    await pool.store.put("input", job, new TextEncoder().encode("another"), 60);
    const { sections } = await pool.pool.run(job, taskOf("behaves"));
    expect(new TextDecoder().decode(sections[0])).toBe("another");
  });

  test("is sent again where the process that has it dies", async () => {
    const [job] = await expectDuring("exit", 1);
    expect(await isSentAhead(job)).toBe(false);
  });

  test("that is no longer kept is refused when it is done", async () => {
    const busy = pool.do("behaves");
    pool.pool.expect("gone", taskOf("behaves"));
    await busy;
    expect(String(await rejectedBy(() => pool.pool.run("gone", taskOf("behaves"))))).toMatch(
      /no longer kept/,
    );
  });
});
