import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { temporaryFolder } from "./cli/support.js";
import { environment, root, runElsewhere } from "./elsewhere.js";

const script = join(root, "scripts/install.sh");
const minutes = 60_000;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;

beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

test(
  "one script installs the service into an empty folder, where it serves the models",
  async () => {
    const target = join(folder.path, "service");
    const installed = await runElsewhere("bash", [script, target], folder.path);
    expect({ status: installed.status, version: installed.stdout.trim().split("\n").at(-1) }).toEqual({
      status: 0,
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
    });
    const server = spawn("npx", ["he-ml", "serve", "--port", "0", "--json"], {
      ...{ cwd: target, env: environment, detached: true },
    });
    try {
      const url = await new Promise<string>((resolve, reject) => {
        let said = "";
        server.stdout.on("data", (text: Buffer) => {
          said += text.toString();
          const line = /^\{.*"url".*\}$/m.exec(said);
          if (line) resolve((JSON.parse(line[0]) as { url: string }).url);
        });
        server.on("close", (status) => reject(new Error(`serve ended with status ${status}`)));
      });
      const { models } = (await (await fetch(`${url}/models`)).json()) as { models: { net: string }[] };
      expect(models.map(({ net }) => net)).toContain("lenet1");
    } finally {
      process.kill(-server.pid!, "SIGTERM");
    }
    await new Promise((resolve) => server.on("close", resolve));
  },
  5 * minutes,
);

test("a folder that is not empty is left alone", async () => {
  await writeFile(join(folder.path, "precious"), "");
  const { status, stderr } = await runElsewhere("bash", [script, folder.path], folder.path);
  expect(status).toBe(2);
  expect(stderr).toMatch(/expected an empty folder/);
});
