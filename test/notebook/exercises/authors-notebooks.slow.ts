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
  "%s: every cell of the author's notebook runs",
  async (name) => {
    const { status, stderr } = await folder.run(["run", "--out", "out", resolve("notebooks", name)]);
    expect(stderr).toBe("");
    expect(status).toBe(0);
  },
  300_000,
);
