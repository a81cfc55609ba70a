import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { resolve } from "node:path";
import { figures } from "../../src/figures/all.js";
import { codeCells, TestFolder } from "./support.js";

let folder: TestFolder;
beforeAll(async () => {
  folder = await TestFolder.create();
});
afterAll(() => folder.remove());

test("the notebook of research figures runs, and draws each of them", async () => {
  const { status, stderr } = await folder.run(["run", "--out", "out", resolve("notebooks/figures.ipynb")]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const drawn = codeCells(await folder.read("out/figures.ipynb")).filter(({ outputs }) =>
    outputs.some((output) => output.output_type === "display_data" && "image/png" in output.data),
  );
  expect(drawn.map(({ id }) => id)).toEqual(figures.map(({ name }) => name));
}, 900_000);
