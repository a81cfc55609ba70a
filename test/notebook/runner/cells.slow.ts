import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { codeCells, TestFolder } from "../support.js";

let folder: TestFolder;
beforeAll(async () => (folder = await TestFolder.create()));
afterAll(() => folder.remove());

/** Gives a cell of a notebook tags. */
async function tag(path: string, cell: number, tags: readonly string[]): Promise<void> {
  const notebook = JSON.parse(await readFile(path, "utf8")) as {
    cells: { metadata: Record<string, unknown> }[];
  };
  notebook.cells[cell].metadata = { tags };
  await writeFile(path, JSON.stringify(notebook));
}

test("cells may hold for await as their only await, using and await using; skipped ones are left as they are", async () => {
  const path = await folder.notebook("cells", [
    `async function* count() { yield 1; yield 2; }
     const held = (name: string) => ({ name, [Symbol.dispose]() { console.log("freed", name) } });
     const slow = { async [Symbol.asyncDispose]() { await null; console.log("closed") } };`,
    `for await (const n of count()) console.log(n)`,
    `{ using a = held("a"); console.log(a.name) }
     using b = held("b"), c = held("c");
     console.log(b.name);`,
    `await using d = slow; console.log("open")`,
    `console.log(b.name)`,
    `using e = held("e"); const wrong: number = e.name;`,
    `throw new Error("skipped?")`,
  ]);
  await tag(path, 5, ["raises-exception"]);
  await tag(path, 6, ["skip-execution"]);
  const { status, stdout, stderr } = await folder.run(["run", path]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout).toMatch(/: 6 of 6 cells ran in/);
  const cells = codeCells(await folder.read("out/cells.ipynb"));
  const printed = cells.map(({ outputs }) =>
    outputs.map((output) => (output.output_type === "stream" ? output.text : output.output_type)).join(""),
  );
  expect(printed).toEqual([
    "",
    "1\n2\n",
    "a\nfreed a\nb\nfreed c\nfreed b\n",
    "open\nclosed\n",
    "b\n",
    "error",
    "",
  ]);
  expect(cells[5].outputs).toMatchObject([
    { evalue: "1:28 - Type 'string' is not assignable to type 'number'." },
  ]);
  expect(cells[6].execution_count).toBeNull();
  expect((await folder.run(["run", "--check", join(folder.path, "out/cells.ipynb")])).status).toBe(0);
});

describe("he-ml run fails, and names the cell, where", () => {
  const assertion = `import assert from "node:assert";\nasync function check() { await null; assert.equal(1, 2, "unequal"); }`;
  const late = " (after the cell's end: await it)";
  test.each([
    [
      "an assertion fails in a promise that nobody awaits",
      `${assertion}\ncheck();`,
      "AssertionError: unequal",
      "",
    ],
    [
      "a promise that nobody awaits is rejected after the cell's end",
      `import { loadModel } from "he-ml";\nloadModel("not-there.onnx"); 1`,
      `InputError: loadModel: there is no file "not-there.onnx"`,
      late,
    ],
    [
      "a timer throws after the cell's end",
      `setTimeout(() => { throw new RangeError("too late") }, 100); 1`,
      "RangeError: too late",
      late,
    ],
    ["something throws that is no error", `Promise.reject({ code: 7 }); 1`, "Thrown: { code: 7 }", ""],
  ])("%s", async (_, cell, message, when) => {
    const path = await folder.notebook("stray", [
      "1 + 1",
      cell,
      `await new Promise((done) => setTimeout(done, 500)); console.log("passed")`,
    ]);
    const { status, stderr } = await folder.run(["run", path]);
    expect(status).toBe(1);
    expect(stderr.startsWith(`he-ml: stray.ipynb: cell 2 (id id-2): ${message}`)).toBe(true);
    expect(stderr.endsWith(`${when}\n`)).toBe(true);
    const [, failed] = codeCells(await folder.read("out/stray.ipynb"));
    expect(failed.outputs.filter(({ output_type }) => output_type === "error")).toHaveLength(1);
  });

  test("the last cell leaves a timer behind that throws; not where the cell is tagged raises-exception", async () => {
    const path = await folder.notebook("last", [`setTimeout(() => { throw new Error("boom") }, 20); 1`]);
    const { status, stderr } = await folder.run(["run", path]);
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: `he-ml: last.ipynb: cell 1 (id id-1): Error: boom${late}\n`,
    });
    await tag(path, 0, ["raises-exception"]);
    expect((await folder.run(["run", path])).status).toBe(0);
  });
});
