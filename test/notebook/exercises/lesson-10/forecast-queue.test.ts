import { expect, test } from "@jest/globals";
import { forecastQueue, type Rush } from "../../../../src/notebook/exercises/lesson-10/forecast-queue.js";
import { attempt, expectRefused, expectUntouchedRefused, replayAttempt } from "../attempts.js";

type Answer = (rush: Rush) => { readonly lastWaits: number; readonly perSecond: number };

const solution: Answer = ({ clients, processes, evaluate }) => ({
  lastWaits: (Math.ceil(clients / processes) - 1) * evaluate,
  perSecond: (1000 * processes) / evaluate,
});

test("the solution passes, and an untouched stub is none", async () => {
  for (const seed of [1, 2, 3])
    expect(await attempt(forecastQueue, solution, seed)).toMatchObject({ passed: true });
  await expectUntouchedRefused(forecastQueue);
});

const whole = (rush: Rush) => rush.encrypt + rush.upload + rush.evaluate + rush.download + rush.decrypt;
const waiting =
  (lastWaits: (rush: Rush) => number): Answer =>
  (rush) => ({
    ...solution(rush),
    lastWaits: lastWaits(rush),
  });
const giving =
  (perSecond: (rush: Rush) => number): Answer =>
  (rush) => ({
    ...solution(rush),
    perSecond: perSecond(rush),
  });

test.each<[string, Answer, RegExp]>([
  [
    "its own time counted",
    waiting((rush) => Math.ceil(rush.clients / rush.processes) * rush.evaluate),
    /its own evaluation is counted as waiting/,
  ],
  [
    "one process",
    waiting((rush) => (rush.clients - 1) * rush.evaluate),
    /jobs are counted one after the other, and 2 run/,
  ],
  [
    "all stages",
    waiting((rush) => (Math.ceil(rush.clients / rush.processes) - 1) * whole(rush)),
    /do not hold a process up; only evaluating does$/,
  ],
  ["not rounded up", waiting((rush) => (rush.clients / rush.processes - 1) * rush.evaluate), /round up$/],
  ["of one process", giving((rush) => 1000 / rush.evaluate), /that is one process; there are 2$/],
  ["of all stages", giving((rush) => (1000 * rush.processes) / whole(rush)), /a process does not wait for/],
  ["each millisecond", giving((rush) => rush.processes / rush.evaluate), /it is to be each second$/],
  [
    "no number",
    () => ({ lastWaits: NaN, perSecond: 1 }),
    /^forecastQueue: expected finite numbers, got NaN at 0/,
  ],
])("%s: refused, and why", (_, answer, says) => expectRefused(forecastQueue, answer, says));

test("what the last run expected does not pass", async () => {
  expect(await replayAttempt(forecastQueue, solution)).toMatchObject({ passed: false });
});
