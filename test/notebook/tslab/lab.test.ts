import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { heMl } from "../../cli/he-ml.js";
import { TestFolder } from "../support.js";

let folder: TestFolder;
beforeAll(async () => (folder = await TestFolder.create()));
afterAll(() => folder.remove());

/** How it starts JupyterLab is tested in cli/process.test.ts. */
describe("he-ml lab", () => {
  test("says in one line what to install where there is none", async () => {
    await writeFile(join(folder.path, "python3"), "#!/bin/sh\nexit 1\n");
    await chmod(join(folder.path, "python3"), 0o755);
    const { status, stdout, stderr } = await heMl(["lab"], { env: { PATH: folder.path } });
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(
      /^he-ml: lab: JupyterLab is not installed; .*pip install jupyterlab plotly[^\n]*\n$/,
    );
  });

  test("--install writes the kernel spec and starts nothing", async () => {
    const { status, stdout } = await heMl(["lab", "--install", join(folder.path, "share")], {
      env: { PATH: "" },
    });
    const path = join(folder.path, "share/kernels/he-ml/kernel.json");
    expect({ status, stdout }).toEqual({ status: 0, stdout: `${path}\n` });
    expect(JSON.parse(await readFile(path, "utf8"))).toMatchObject({ language: "typescript" });
  });
});
