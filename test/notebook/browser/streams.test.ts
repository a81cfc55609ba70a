import { afterEach, beforeEach, expect, jest, test } from "@jest/globals";
import type { StreamName } from "../../../src/notebook/browser/kernel-messages.js";
import { mostCharacters, Streams } from "../../../src/notebook/browser/streams.js";

let sent: [StreamName, string][];
let streams: Streams;

beforeEach(() => {
  jest.useFakeTimers();
  sent = [];
  streams = new Streams((name, text) => sent.push([name, text]));
});
afterEach(() => {
  jest.useRealTimers();
});

test("lines go out together, after a while", () => {
  streams.write("stdout", "a\n");
  streams.write("stdout", "b\n");
  expect(sent).toEqual([]);
  jest.runAllTimers();
  expect(sent).toEqual([["stdout", "a\nb\n"]]);
  streams.write("stdout", "c\n");
  jest.runAllTimers();
  expect(sent).toEqual([
    ["stdout", "a\nb\n"],
    ["stdout", "c\n"],
  ]);
});

test("what is printed in turns stays in its order", () => {
  for (const name of ["stdout", "stderr", "stderr", "stdout"] as const) streams.write(name, `${name}\n`);
  streams.flush();
  expect(sent).toEqual([
    ["stdout", "stdout\n"],
    ["stderr", "stderr\nstderr\n"],
    ["stdout", "stdout\n"],
  ]);
  jest.runAllTimers();
  streams.flush();
  expect(sent).toHaveLength(3);
});

test("a cell that lets no timer run has its text sent while it prints", () => {
  streams.write("stdout", "a\n");
  const now = jest.spyOn(performance, "now").mockReturnValue(performance.now() + 60);
  streams.write("stdout", "b\n");
  now.mockRestore();
  expect(sent).toEqual([["stdout", "a\nb\n"]]);
});

test("a cell's text has an end, and the next cell's begins anew", () => {
  const line = `${"x".repeat(99_999)}\n`;
  for (let count = 0; count < 12; count++) streams.write(count % 2 ? "stderr" : "stdout", line);
  streams.flush();
  const text = sent.map(([, each]) => each).join("");
  expect(text).toBe(
    line.repeat(10) + `\n[the cell has printed ${mostCharacters} characters; no more of its text is shown]\n`,
  );
  streams.restart();
  streams.write("stdout", "next\n");
  streams.flush();
  expect(sent.at(-1)).toEqual(["stdout", "next\n"]);
});

test("a single text that is too long is cut", () => {
  streams.write("stdout", "x".repeat(3 * mostCharacters));
  streams.flush();
  expect(sent).toEqual([
    [
      "stdout",
      expect.stringMatching(/^x+\n\[the cell has printed \d+ characters; no more of its text is shown\]\n$/),
    ],
  ]);
  expect(sent[0]![1].length).toBeLessThan(mostCharacters + 100);
});

test("text of an earlier cell is sent before the next one begins", () => {
  streams.write("stdout", "late\n");
  streams.restart();
  expect(sent).toEqual([["stdout", "late\n"]]);
});

test("a cell that replaces the timers prints all the same", () => {
  const { setTimeout, clearTimeout } = globalThis;
  Object.assign(globalThis, { setTimeout: null, clearTimeout: null });
  try {
    streams.write("stdout", "a\n");
    streams.flush();
  } finally {
    Object.assign(globalThis, { setTimeout, clearTimeout });
  }
  expect(sent).toEqual([["stdout", "a\n"]]);
});
