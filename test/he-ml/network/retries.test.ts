import { afterEach, beforeEach, expect, jest, test } from "@jest/globals";
import { PassingError, withRetries } from "../../../src/he-ml/network/retries.js";
import { UnavailableError } from "../../../src/he-ml/network/service-errors.js";

beforeEach(() => {
  jest.useFakeTimers();
  jest.spyOn(Math, "random").mockReturnValue(0);
});
afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
});

/** Work that goes wrong so often, and when it was tried. */
function failing(times: number, error: () => Error) {
  const start = performance.now();
  const at: number[] = [];
  const work = async () => {
    at.push(Math.round(performance.now() - start));
    if (at.length <= times) throw error();
    return "done";
  };
  return { work, at };
}

const outcome = (promise: Promise<unknown>) => promise.then(String, (error: unknown) => error);

test("pauses grow, and differ by chance within their upper half", async () => {
  for (const [chance, expected] of [
    [0, [0, 125, 375, 875]],
    [0.2, [0, 150, 450, 1050]],
  ] as const) {
    jest.spyOn(Math, "random").mockReturnValue(chance);
    const { work, at } = failing(3, () => new PassingError("busy"));
    const done = outcome(withRetries(work));
    await jest.advanceTimersByTimeAsync(10_000);
    expect(await done).toBe("done");
    expect(at).toEqual(expected);
  }
});

test("a server that asks for a pause gets it", async () => {
  const { work, at } = failing(1, () => new PassingError("busy", { afterMilliseconds: 3000 }));
  const done = outcome(withRetries(work));
  await jest.advanceTimersByTimeAsync(3000);
  expect(await done).toBe("done");
  expect(at).toEqual([0, 3000]);
});

test("it is given up after so many tries, or so much time", async () => {
  const { work, at } = failing(100, () => new PassingError("busy", { mostTries: 4 }));
  const done = outcome(withRetries(work));
  await jest.advanceTimersByTimeAsync(200_000);
  expect(String(await done)).toMatch(/^UnavailableError: busy \(tried 4 times in 1 s; try again later\)$/);
  expect(at).toHaveLength(4);
  const late = failing(100, () => new PassingError("busy", { afterMilliseconds: 200_000 }));
  expect(await outcome(withRetries(late.work))).toBeInstanceOf(UnavailableError);
  expect(late.at).toHaveLength(1);
});

test("what will not pass is thrown at once", async () => {
  const { work, at } = failing(1, () => new UnavailableError("broken"));
  expect(String(await outcome(withRetries(work)))).toBe("UnavailableError: broken");
  expect(at).toHaveLength(1);
});

test("a pause ends when it is stopped", async () => {
  const stop = new AbortController();
  const { work, at } = failing(100, () => new PassingError("busy", { afterMilliseconds: 60_000 }));
  const done = outcome(withRetries(work, stop.signal));
  await jest.advanceTimersByTimeAsync(1000);
  const reason = new Error("enough");
  stop.abort(reason);
  expect(await done).toBe(reason);
  expect(at).toHaveLength(1);
  expect(jest.getTimerCount()).toBe(0);
});
