import { expect, test } from "@jest/globals";
import { execFile } from "node:child_process";
import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { readPeers, runPeer } from "../../benchmarks/peers.mjs";

const benchmarks = (...args: string[]) =>
  promisify(execFile)(process.execPath, ["benchmarks/run.mjs", ...args]);

test("the command measures this library alone, and writes what it shows", async () => {
  const out = await mkdtemp(join(tmpdir(), "benchmarks-"));
  const options = ["--only", "he-ml", "--network", "mnist-small", "--images", "2", "--out", out];
  const { stdout } = await benchmarks("--quick", ...options);
  const { rows, machine, date } = JSON.parse(await readFile(join(out, "peers.json"), "utf8"));
  expect(machine.cpu && date).toBeTruthy();
  expect(rows[0]).toMatchObject({ peer: "he-ml", status: "measured", images: 4, agrees: 1 });
  expect(rows[0].relativeToMax).toBeLessThan(0.01);
  expect(rows[0].milliseconds.endToEnd.median).toBeGreaterThan(rows[0].milliseconds.evaluate.min);
  expect(stdout).toContain("| mnist-small | 8192;");
  expect(await readFile(join(out, "peers.csv"), "utf8")).toContain("milliseconds.evaluate.median");
});

test.each([
  [["--only", "nobody"], "--only: expected some of he-ml,"],
  [["--network", "lenet5"], '--network: expected some of mnist-small, lenet1, got "lenet5"'],
  [["--images", "0"], '--images: expected a whole number from 1 to 100, got "0"'],
  [["--fast"], "bench:peers: "],
])("refuses %j in one line, with status 2", async (args, message) => {
  const failed = benchmarks(...args);
  await expect(failed).rejects.toMatchObject({
    code: 2,
    stdout: "",
    stderr: expect.stringMatching(/^he-ml: [^\n]*\n$/),
  });
  await expect(failed).rejects.toMatchObject({ stderr: expect.stringContaining(message) });
});

test("what a peer cannot do is told, not thrown", async () => {
  const [ours] = await readPeers();
  const notInstalled = { ...ours, id: "no-such-peer", run: "run.py" };
  const limits = { limit: 60 };
  expect(await runPeer(notInstalled, { threads: 1 }, limits)).toMatchObject({
    status: "failed",
    reason: "not installed: node benchmarks/setup.mjs no-such-peer",
  });
  const noNetwork = { network: "no-such-model", inputShape: [1], images: [], threads: 1, options: {} };
  const failed = await runPeer(ours, noNetwork, limits);
  expect(failed).toMatchObject({ status: "failed", reason: expect.stringMatching(/^exit status 1: /) });
  const late = await runPeer(ours, { ...noNetwork, network: "lenet1" }, { limit: 0.01 });
  expect(late).toMatchObject({ status: "failed", reason: "took more than 0.01 s" });
});
