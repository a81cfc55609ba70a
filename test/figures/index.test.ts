import { expect, test } from "@jest/globals";
import * as all from "../../src/figures/index.js";
import { unclearCalls, usualWrongs } from "../he-ml/unclear-calls.js";

test("each figure has a name of its own, as file names have it, a title and a caption", () => {
  const names = all.figures.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const { name, title, caption } of all.figures) {
    expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(title.length).toBeGreaterThan(0);
    expect(caption).toMatch(/\.$/);
  }
});

test("what is no figure, and no data, is refused in words", async () => {
  const [{ name }] = all.figures;
  const wrongs = usualWrongs.filter((wrong) => typeof wrong !== "object" || wrong === null);
  expect(await unclearCalls(all.measureFigure, ["none"], usualWrongs)).toEqual({});
  expect(await unclearCalls(all.drawFigure, [name, {}], wrongs)).toEqual({});
  expect(await unclearCalls(all.figureTable, [name, {}], wrongs)).toEqual({});
  expect(() => all.figureTable("none", { exact: null, measured: null })).toThrow(
    `figureTable: expected one of ${name}, `,
  );
});
