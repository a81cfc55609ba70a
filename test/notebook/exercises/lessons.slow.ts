import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { resolve } from "node:path";
import { TestFolder } from "../support.js";
import { lessons } from "./lessons.js";

let folder: TestFolder;
beforeAll(async () => {
  folder = await TestFolder.create();
});
afterAll(() => folder.remove());

test.each(lessons)(
  "%s: all solutions pass, and in the notebook to hand out nothing is tried",
  async (name) => {
    const checked = (edition: string) => folder.run(["check", resolve("notebooks", edition, name)]);
    const solved = await checked("solutions");
    expect(solved.stdout).toMatch(/^(?:✓ .*\n)+(\d+) of \1 solved\n$/);
    expect(solved.status).toBe(0);
    const untouched = await checked("exercises");
    expect(untouched.stdout).toMatch(/^(?:○ .*\n)+0 of \d+ solved\n$/);
    expect(untouched.status).toBe(1);
  },
  300_000,
);

test.each(lessons)(
  "%s: every cell of the author's notebook runs",
  async (name) => {
    const { status, stderr } = await folder.run(["run", "--out", "out", resolve("notebooks", name)]);
    expect(stderr).toBe("");
    expect(status).toBe(0);
  },
  300_000,
);
