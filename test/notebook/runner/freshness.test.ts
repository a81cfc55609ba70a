import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  fingerprintOf,
  requireFresh,
  withFingerprint,
  withoutFingerprint,
} from "../../../src/notebook/runner/freshness.js";
import { formatNotebook, parseNotebook, type Notebook } from "../../../src/notebook/runner/notebook-file.js";
import { codeCells, notebookOf, TestFolder } from "../support.js";

let folder: TestFolder;
let freshness: { modelsFolder: string; libraryVersion: string };
let notebook: Notebook;

beforeAll(async () => (folder = await TestFolder.create()));
afterAll(() => folder.remove());

beforeEach(async () => {
  freshness = { modelsFolder: join(folder.path, "models"), libraryVersion: "1.0.0" };
  for (const model of ["lenet1", "other"]) {
    await mkdir(join(freshness.modelsFolder, model), { recursive: true });
    await writeFile(join(freshness.modelsFolder, model, "model.onnx"), model);
  }
  const run = parseNotebook(
    JSON.stringify(notebookOf([`await loadModel("../models/lenet1/model.onnx")`, ""])),
    "a",
  );
  codeCells(run)[0].execution_count = 1;
  const data = {
    "text/html": "<b>1</b>\n<i>2</i>",
    "text/plain": "1",
    "application/json": { b: 0.5, a: ["x", "y"] },
  };
  codeCells(run)[0].outputs.push({ output_type: "display_data", data, metadata: {} });
  notebook = await withFingerprint(run, freshness);
});

describe("outputs", () => {
  test("are fresh after a run, and still when written, read and shown otherwise", async () => {
    await requireFresh(notebook, freshness);
    const read = parseNotebook(formatNotebook(notebook), "a");
    read.cells[0].metadata.collapsed = true;
    await requireFresh(read, freshness);
  });

  test("are stale when a cell changes", async () => {
    notebook.cells[0].source += " ";
    await expect(requireFresh(notebook, freshness)).rejects.toThrow(
      "outputs are stale: its cells have changed",
    );
  });

  test("are stale when a file of a model that the cells name changes, and only of such a one", async () => {
    await writeFile(join(freshness.modelsFolder, "other", "model.onnx"), "changed");
    await requireFresh(notebook, freshness);
    await writeFile(join(freshness.modelsFolder, "lenet1", "model.onnx"), "changed");
    await expect(requireFresh(notebook, freshness)).rejects.toThrow('model "lenet1" has changed');
  });

  test("are stale when the library's version changes", async () => {
    await expect(requireFresh(notebook, { ...freshness, libraryVersion: "1.1.0" })).rejects.toThrow(
      "the library went from 1.0.0 to 1.1.0",
    );
  });

  test("are stale when one is changed, taken away or made by hand", async () => {
    const read = parseNotebook(formatNotebook(notebook), "a");
    codeCells(read)[0].outputs.pop();
    await expect(requireFresh(read, freshness)).rejects.toThrow(
      "its outputs are not those that he-ml run wrote",
    );
  });

  test("are stale where there are none", async () => {
    await expect(requireFresh(withoutFingerprint(notebook), freshness)).rejects.toThrow(
      "no outputs of a whole run",
    );
    codeCells(notebook)[0].execution_count = null;
    await expect(requireFresh(notebook, freshness)).rejects.toThrow("cell id-1 has no outputs");
  });
});

test.each([
  [`findModel("lenet1")`, ["lenet1"]],
  ["findModel('lenet1'); findModel(`other`)", ["lenet1", "other"]],
  [`"it's \\" lenet1"; const lenet1 = 1 // lenet1`, []],
  [`"../models/lenet1"`, ["lenet1"]],
  [`"lenet10"`, []],
  [`// don't\nawait loadModel("lenet1"); // isn't`, ["lenet1"]],
])("%s names the models %j", async (source, models) => {
  const parsed = parseNotebook(JSON.stringify(notebookOf([source])), "a");
  expect(Object.keys((await fingerprintOf(parsed, freshness)).models)).toEqual(models);
});
