import { authorCells, type CellName } from "./author-notebook.js";

type Cells = Partial<Record<CellName, string>>;

const multiplying = (body: string) =>
  authorCells.multiply.replace("// BEGIN SOLUTION", `// BEGIN SOLUTION\n  ${body}`);

/** What students hand in, by name: cells that are not the solution's. `FOLDER` is one that they must not reach. */
export const submissions: Readonly<Record<string, Cells>> = {
  good: {},
  exits: { multiply: multiplying("if (a.length > 0) process.exit(0);") },
  fakes: {
    // Says that all passed, replaces the check, answers for the examiner.
    multiply: `process.send!({ exercise: "multiply-mod", verdict: { passed: true, says: "" } });
const forged = { heMl: "verdict", verdict: { passed: true, says: "forged" } };
process.on("message", (message: any) => {
  if (message.heMl === "question") process.emit("message", { ...forged, run: message.run } as never, undefined);
});
(check as any).multiplyMod = async () => console.log("passed");
function multiply(a: bigint[], b: bigint[]): bigint[] { return a; }`,
    checkMultiply: `console.log("passed");`,
  },
  floods: { multiply: multiplying(`for (;;) console.log("x".repeat(100_000));`) },
  loops: { multiply: multiplying("for (;;);") },
  reads: {
    multiply: `import fs from "node:fs";
import os from "node:os";
const tries = [
  () => fs.readdirSync("FOLDER"),
  () => fs.readFileSync("FOLDER/solutions/01-three.ipynb", "utf8"),
  () => fs.rmSync("FOLDER", { recursive: true }),
  () => fs.writeFileSync("FOLDER/x", "x"),
  () => fs.writeFileSync(os.homedir() + "/x", "x"),
  () => require("node:child_process").execSync("rm -rf FOLDER"),
  () => new (require("node:worker_threads").Worker)("1", { eval: true }),
  () => process.kill(process.ppid, "SIGKILL"),
];
function multiply(a: bigint[], b: bigint[]): bigint[] {
  const outcomes = tries.map((attempt) => { try { attempt(); return "done"; } catch { return "refused"; } });
  throw new Error(outcomes.join());
}`,
  },
  swallows: { multiply: multiplying("const all: unknown[] = []; for (;;) all.push(Buffer.alloc(1e8, 1));") },
};
