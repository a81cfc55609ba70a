import { afterAll, expect, test } from "@jest/globals";
import { execFileSync } from "node:child_process";
// It starts the command, as it is built.
import { benchService } from "../../../dist/he-ml/node/index.js";
import { rejectedBy } from "../support.js";

const serving = () =>
  execFileSync("ps", ["-eo", "ppid,args"], { encoding: "utf8" })
    .split("\n")
    .filter((line) => line.trim().startsWith(`${process.pid} `) && line.includes("serve"));

afterAll(() => expect(serving()).toEqual([]));

test("the service and the library are measured on the same requests, one process and as usual", async () => {
  const told: number[] = [];
  const { machine, service } = await benchService(["mnist-small"], {
    ...{ requests: 4, rounds: 1 },
    onProgress: (_, done) => told.push(done),
  });
  expect(told).toEqual([1, 2]);
  const [{ model, requests, rounds, oneProcess, asUsual }] = service;
  expect({ model, requests, rounds }).toEqual({ model: "mnist-small", requests: 4, rounds: 1 });
  expect(oneProcess).toMatchObject({ processes: 1, threads: 0, atOnce: 4 });
  expect(asUsual).toMatchObject({ processes: machine.cores, atOnce: 4 * machine.cores });
  for (const { share, directPerSecond, servicePerSecond, milliseconds } of [oneProcess, asUsual]) {
    expect(directPerSecond).toBeGreaterThan(0);
    expect(share).toBeCloseTo(servicePerSecond / directPerSecond, 9);
    expect(milliseconds.p50).toBeGreaterThan(0);
    expect(milliseconds.p99).toBeGreaterThanOrEqual(milliseconds.p50);
  }
}, 120_000);

test("one that is stopped leaves no server behind", async () => {
  const stop = new AbortController();
  const options = { requests: 4, rounds: 100, signal: stop.signal, onProgress: () => stop.abort() };
  const error = await rejectedBy(() => benchService(["mnist-small"], options));
  expect(error).toBe(stop.signal.reason);
}, 120_000);

test.each([
  [["none"], {}, /none/],
  [["mnist-small"], { rounds: 0 }, /benchService: options: rounds/],
  [["mnist-small"], { repetitions: 1 }, /benchService: options: /],
])("%p with %p is refused", async (names, options, message) => {
  expect(String(await rejectedBy(() => benchService(names, options as never)))).toMatch(message);
});
