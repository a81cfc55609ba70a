import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { resolve } from "node:path";
import { codeCells, TestFolder } from "./support.js";

let folder: TestFolder;
beforeAll(async () => {
  folder = await TestFolder.create();
});
afterAll(() => folder.remove());

test("the notebook about parameters runs, and draws its figures", async () => {
  const { status, stderr } = await folder.run(["run", "--out", "out", resolve("notebooks/parameters.ipynb")]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const figures = codeCells(await folder.read("out/parameters.ipynb")).flatMap(({ outputs }) =>
    outputs.filter((output) => output.output_type === "display_data" && "image/png" in output.data),
  );
  expect(figures).toHaveLength(5);
}, 900_000);
