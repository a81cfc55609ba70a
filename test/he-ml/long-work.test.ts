import { expect, test } from "@jest/globals";
import { finishInTurns } from "../../src/he-ml/long-work.js";

/** Steps that each take longer than a turn. */
function* steps(count: number, onStep: (index: number) => void) {
  for (let index = 0; index < count; index++) {
    const start = performance.now();
    while (performance.now() - start < 60);
    onStep(index);
    yield { done: index + 1, total: count };
  }
  return "done";
}

test("timers and immediates that are due come before the work is done", async () => {
  const order: string[] = [];
  setTimeout(() => order.push("timer"), 1);
  setImmediate(() => order.push("immediate"));
  expect(await finishInTurns(steps(5, (index) => order.push(`step ${index}`)))).toBe("done");
  for (const other of ["timer", "immediate"]) {
    expect(order.indexOf(other)).toBeGreaterThan(0);
    expect(order.indexOf(other)).toBeLessThan(order.indexOf("step 3"));
  }
});

test("turns are as long as is asked", async () => {
  const told: number[] = [];
  const onProgress = (done: number) => told.push(done);
  function* quick() {
    for (let done = 1; done < 4; done++) yield { done, total: 4 };
    return "done";
  }
  expect(await finishInTurns(quick(), { turnMilliseconds: 0, onProgress })).toBe("done");
  expect(told).toEqual([1, 2, 3]);
});

test.each([-1, NaN, "1", null])("%p is no length of a turn", async (turnMilliseconds) => {
  const work = () =>
    finishInTurns(
      steps(1, () => undefined),
      { turnMilliseconds } as never,
    );
  await expect(work()).rejects.toThrow(/turnMilliseconds: expected milliseconds, 0 or more, got/);
});

test("an abort by a timer stops the work, and progress is told until then", async () => {
  const controller = new AbortController();
  const reason = new Error("enough");
  setTimeout(() => controller.abort(reason), 1);
  const told: number[] = [];
  const work = finishInTurns(
    steps(1000, () => undefined),
    { signal: controller.signal, onProgress: (done) => told.push(done) },
  );
  await expect(work).rejects.toBe(reason);
  expect(told.length).toBeGreaterThan(0);
  expect(told.length).toBeLessThan(10);
});
