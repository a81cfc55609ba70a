import { describe, expect, test } from "@jest/globals";
import type { TaskFailedError } from "../../../../dist/he-ml/engine/engine-types.js";
import { rejectedBy } from "../../support.js";
import { MisbehavingPool } from "./child-process-pool.js";
import { until } from "./support.js";

const mebibyte = 2 ** 20;

describe("a process that is to do its task and does something else costs that task alone", () => {
  test.each([
    ["abort", "died"],
    ["huge", "died"],
    ["no JSON", "died"],
    ["unknown", "died"],
    ["no result", "died"],
    ["flood", "died"],
    ["overwrite", "died"],
    ["heap", "memory"],
    ["hog", "memory"],
  ])("%s", async (misdeed, why) => {
    await using pool = await MisbehavingPool.start(2, { seconds: 60, bytes: 300 * mebibyte });
    const error = await pool.costsOne(misdeed);
    expect((error as TaskFailedError).why).toBe(why);
  });

  test.each(["endless", "silent"])("%s", async (misdeed) => {
    // What behaves takes milliseconds.
    await using pool = await MisbehavingPool.start(2, { seconds: 5, bytes: 1024 * mebibyte });
    const error = await pool.costsOne(misdeed);
    expect((error as TaskFailedError).why).toBe("time");
    expect(String(error)).toMatch(/more than 5 s/);
  });
});

test("a process that says more than it was asked is replaced before it gets another task", async () => {
  await using pool = await MisbehavingPool.start(1, { seconds: 60, bytes: 1024 * mebibyte });
  // The first answer counts, whose bytes are not what this job sent.
  await rejectedBy(() => pool.do("answers twice"));
  await until(() => pool.pool.replaced === 1);
  await pool.do("behaves");
});

test("a task that is stopped and does not stop is killed with its process", async () => {
  await using pool = await MisbehavingPool.start(2, { seconds: 60, bytes: 1024 * mebibyte });
  const stop = new AbortController();
  const busy = ["silent", "endless"].map((misdeed) => rejectedBy(() => pool.do(misdeed, stop.signal)));
  await until(() => pool.pool.idle === 0);
  stop.abort();
  await Promise.all(busy);
  await until(() => pool.pool.replaced === 2);
  await Promise.all([pool.do("behaves"), pool.do("behaves")]);
});
