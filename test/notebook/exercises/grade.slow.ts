import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { parse } from "csv-parse/sync";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { JSDOM } from "jsdom";
import { TestFolder } from "../support.js";
import { authorNotebook } from "./author-notebook.js";
import { submissions } from "./hostile-submissions.js";

let folder: TestFolder;
beforeAll(async () => {
  folder = await TestFolder.create();
  await writeFile(join(folder.path, "01-three.ipynb"), authorNotebook());
  expect((await folder.run(["exercises", "01-three.ipynb"])).status).toBe(0);
});
afterAll(() => folder.remove());

/** What a student hands in: the exercise notebook with these cells. */
async function handIn(name: string): Promise<void> {
  const cells = Object.entries(submissions[name]).map(([cell, source]) => [
    cell,
    source.replaceAll("FOLDER", folder.path),
  ]);
  const sources = JSON.parse(authorNotebook(Object.fromEntries(cells))) as { cells: { source: string }[] };
  const path = join(folder.path, "exercises/01-three.ipynb");
  const notebook = JSON.parse(await readFile(path, "utf8")) as { cells: { source: string }[] };
  notebook.cells.forEach((cell, i) => (cell.source = sources.cells[i].source));
  await writeFile(join(folder.path, "class", `${name}.ipynb`), JSON.stringify(notebook));
}

test("no submission harms another's grade, or the grader", async () => {
  await mkdir(join(folder.path, "class/empty"), { recursive: true });
  await writeFile(join(folder.path, "class/broken.ipynb"), "{");
  await writeFile(join(folder.path, "class/<img src=x onerror=alert(1)>.ipynb"), authorNotebook());
  for (const name of Object.keys(submissions)) await handIn(name);
  const before = await readdir(folder.path, { recursive: true });
  const { status, stderr, stdout } = await folder.run([
    ...["grade", "class", "--assignment", "exercises/01-three.ipynb", "--out", "grades"],
    ...["--timeout", "45", "--memory", "256"],
  ]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });

  const points = Object.fromEntries(
    [...stdout.matchAll(/^(.*): (\d) of 5 points(.*)$/gm)].map(([, student, got, rest]) => [
      student,
      got + rest,
    ]),
  );
  const others = "3; not multiply-mod";
  expect(points).toEqual({
    "<img src=x onerror=alert(1)>": "0; not multiply-mod, sum-slots, overflow",
    broken: "0; not multiply-mod, sum-slots, overflow",
    empty: "0; not multiply-mod, sum-slots, overflow",
    good: "5",
    ...{ exits: others, fakes: others, floods: others, loops: others, reads: others, swallows: others },
  });
  const csv = await readFile(join(folder.path, "grades/grades.csv"), "utf8");
  const rows = parse(csv, { columns: true }) as Record<string, string>[];
  const said = (name: string) =>
    rows.find(({ student, exercise }) => student === name && exercise === "multiply-mod")?.says;
  expect(csv.split("\r\n")[0]).toBe("student,exercise,points,passed,says");
  expect(csv).toContain("\r\ngood,multiply-mod,2,yes,3 products modulo X⁸ + 1\r\n");
  expect(said("loops")).toMatch(/^it did not end within 45 s/);
  expect(said("exits")).toMatch(/the kernel ended/);
  expect(said("floods")).toMatch(/cells printed more than 2000000 characters/);
  expect(said("reads")).toContain("refused,refused,refused,refused,refused,refused,refused,refused");
  expect(said("swallows")).toMatch(/memory/);
  expect(said("broken")).toMatch(/is no notebook: it is not JSON/);
  expect(said("empty")).toBe("expected one notebook in the folder, got 0");

  const page = await readFile(join(folder.path, "grades/good.html"), "utf8");
  expect(page).toContain("Grades of good");
  const named = await readFile(join(folder.path, "grades/<img src=x onerror=alert(1)>.html"), "utf8");
  expect(new JSDOM(named).window.document.querySelector("img")).toBeNull();
  const after = await readdir(folder.path, { recursive: true });
  expect(after.filter((path) => !path.startsWith("grades") && !before.includes(path))).toEqual([]);
  expect(before.filter((path) => !after.includes(path))).toEqual([]);
  expect(await folder.kernels()).toEqual([]);
}, 900_000);
