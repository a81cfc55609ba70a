import { expect, jest, test } from "@jest/globals";
import * as toy from "../../../src/he-ml/toy-ckks/index.js";
import { exercises } from "../../../src/notebook/exercises/all.js";
import { checker } from "../../../src/notebook/exercises/check.js";
import { fromJson, toJson, type Json } from "../../../src/notebook/exercises/codec.js";
import { wrong, type Exercise } from "../../../src/notebook/exercises/exercise.js";
import { localExaminer } from "../../../src/notebook/exercises/examiner.js";
import type { Machine } from "../../../src/notebook/exercises/machine.js";
import { CheckError } from "../../../src/notebook/exercises/report.js";

const check = () => checker(exercises, () => localExaminer);

/** What a check prints, and throws. */
async function outcome(act: () => Promise<void>): Promise<{ printed: string; thrown?: unknown }> {
  const log = jest.spyOn(console, "log").mockImplementation(() => undefined);
  try {
    const thrown = await act().then(
      () => undefined,
      (error: unknown) => error,
    );
    return { printed: log.mock.calls.map(([text]) => String(text)).join("\n"), thrown };
  } finally {
    log.mockRestore();
  }
}

test("what answers hold travels as JSON", () => {
  const value = [1n, -(2n ** 100n), { re: 0.5, im: -1 }, Number.NaN, -Infinity, undefined, "$", null, true];
  expect(fromJson(JSON.parse(JSON.stringify(toJson(value))) as Json)).toEqual(value);
  expect(fromJson(toJson(Float64Array.of(1, 2)))).toEqual([1, 2]);
  const circle: unknown[] = [];
  circle.push(circle);
  for (const bad of [circle, () => 1, Symbol("s")]) expect(() => toJson(bad)).toThrow(/^answer: expected/);
  const forgeries: Json[] = [
    { $: "bigint", of: "1n" },
    { $: "bigint", of: "9".repeat(1e5) },
    { $: "eval" },
    { $: "number", of: "1" },
  ];
  for (const forged of forgeries) {
    expect(() => fromJson(forged)).toThrow(/^answer: expected a tagged number/);
  }
  expect(Object.getPrototypeOf(fromJson(JSON.parse('{"__proto__": {"passed": true}}') as Json))).toBe(
    Object.prototype,
  );
});

test("an untouched check throws with its first hint; hints come one by one in plain text, and all folded in HTML", async () => {
  const { multiplyMod } = check();
  const untouched = () => {
    throw new Error("Your turn: multiply modulo X⁸ + 1");
  };
  const [first, , third] = exercises.multiplyMod.hints;
  const before = await outcome(() => multiplyMod(untouched));
  expect(before.thrown).toBeInstanceOf(CheckError);
  expect((before.thrown as Error).message).toBe(
    `multiply modulo X⁸ + 1: multiply is still to be written\nHint 1: ${first}`,
  );
  expect(before.printed).toContain(`Hint 1 of 3: ${first}`);

  const attempt = () => outcome(() => multiplyMod((a) => a));
  expect((await attempt()).printed).not.toContain("Hint 2 of 3");
  expect((await attempt()).printed).toContain("Hint 2 of 3");
  expect((await attempt()).printed).toContain(`Hint 3 of 3: ${third}`);
});

test("the third hint, which is the answer, comes with another try only", async () => {
  const exercise = { ...exercises.overflow, judge: () => wrong("too large", 3) };
  const { overflow } = checker({ overflow: exercise }, () => localExaminer);
  const attempt = () => outcome(() => overflow(() => [1, 1]));
  const [, second, third] = exercise.hints;
  const first = await attempt();
  expect(first.printed).toContain(`Hint 2 of 3: ${second}`);
  expect(first.printed).not.toContain(third);
  expect((first.thrown as Error).message).toBe(`${exercise.title}: too large\nHint 2: ${second}`);
  expect((await attempt()).printed).toContain(`Hint 3 of 3: ${third}`);
});

test("the golf table tells par and the best so far, of exercises that were checked", async () => {
  const { sumSlots, golf } = check();
  const sum =
    (more: boolean) =>
    <C>(he: Machine<C>, x: C): C => {
      if (more) he.conjugate(x);
      for (let step = 1; step < 1024; step *= 2) x = he.add(x, he.rotate(x, step));
      return x;
    };
  expect(String(golf())).not.toMatch(/rotations|x⁸/);
  await outcome(() => sumSlots((_, x) => x));
  expect(String(golf())).toMatch(/1,024 slots in 10 rotations +│ rotate +│ +10 │ +│/);
  expect(String(golf())).not.toMatch(/x⁸/);
  expect((await outcome(() => sumSlots(sum(false)))).printed).toMatch(/^✓ passed: .*\(rotate 10 of 10\)$/);
  await outcome(() => sumSlots(sum(true)));
  expect(String(golf())).toMatch(/rotate +│ +10 │ +10 │/);
});

test("exercises are in order: names, ids, hints, points and pars agree", () => {
  for (const [name, exercise] of Object.entries<Exercise>(exercises)) {
    expect(exercise.id.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())).toBe(name);
    expect(exercise.lesson).toMatch(/^\d\d$/);
    expect(new Set(exercise.hints).size).toBe(3);
    expect(exercise.points).toBeGreaterThan(0);
    for (const [counted, most] of Object.entries(exercise.budget ?? {})) {
      expect(exercise.par?.[counted]).toBeLessThanOrEqual(most!);
    }
  }
});

test("hints name the toy's functions as they must be typed", () => {
  const names = Object.keys(toy).filter((name) => /^[a-z]+[A-Z]/.test(name));
  for (const { hints } of Object.values<Exercise>(exercises)) {
    for (const hint of hints) {
      const bare = names.filter((name) => new RegExp(`(?<![.\\w])${name}\\b`).test(hint));
      expect([hint, bare]).toEqual([hint, []]);
      const unknown = [...hint.matchAll(/\btoy\.(\w+)/g)].filter(([, name]) => !(name in toy));
      expect([hint, unknown]).toEqual([hint, []]);
    }
  }
});
