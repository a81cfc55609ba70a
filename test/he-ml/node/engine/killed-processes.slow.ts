import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { kill } from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { Server, loadModel, tensor, type Program, type Tensor } from "../../../../dist/he-ml/node/index.js";
import type { Engine } from "../../../../dist/he-ml/engine/engine.js";
import type { HeldProgram } from "../../../../dist/he-ml/engine/engine-types.js";
import { startLocalEngine } from "../../../../dist/he-ml/node/engine/start-engine.js";
import { compile } from "../../../../dist/he-ml/program/compile.js";
import { temporaryFolder, waves, writeModel } from "../../../cli/support.js";
import { seededRandom } from "../../support.js";
import { answerOf, newSession, smallModel, smallRequest, isThere, until, workerPids } from "./support.js";

const kills = 100;
/** About as long as a few jobs take. */
const mostMilliseconds = 60;

let engine: Engine;
const folders: Awaited<ReturnType<typeof temporaryFolder>>[] = [];

beforeAll(async () => {
  engine = await startLocalEngine({ processes: 2 });
});
afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  expect(workerPids()).toEqual([]);
  for (const folder of folders) await folder.remove();
});

/** A client's session, with inputs and what the library itself answers to them. */
async function sessionWithAnswers(program: HeldProgram, own: Program, images: readonly Tensor[]) {
  const { client, session, input } = await newSession(engine, program);
  await using server = await Server.start(own, { threads: 0 });
  const library = await server.connect(client.evaluationKeys);
  const cases: { readonly bytes: Uint8Array; readonly answer: Uint8Array }[] = [];
  for (const image of images) {
    const bytes = input(image);
    cases.push({ bytes, answer: (await library.run(bytes)).response });
  }
  return { session, cases };
}

async function compiled(model: typeof smallModel, request: Parameters<Engine["compile"]>[1]) {
  const folder = await temporaryFolder();
  folders.push(folder);
  const path = await writeModel(folder.path, model);
  const { programs } = await engine.compile({ net: model.name, path }, request);
  const { net, ...options } = request;
  return {
    program: programs[0],
    own: await compile({ ...(await loadModel(path)), name: net }, options as object),
  };
}

test(`processes killed at ${kills} moments: no answer is lost, and each is the library's own`, async () => {
  const small = await compiled(smallModel, smallRequest);
  const images = [1, 2].map((seed) => tensor([1, 4], waves(4, 1 / seed)));
  const scalar = await compiled(smallModel, { ...smallRequest, packing: "scalar" });
  const sessions = [
    await sessionWithAnswers(small.program, small.own, images),
    await sessionWithAnswers(small.program, small.own, images),
    await sessionWithAnswers(scalar.program, scalar.own, images),
  ];
  let isOver = false;
  let answers = 0;
  const asking = new Set<Promise<unknown>>();
  const ask = async ({ session, cases }: (typeof sessions)[number]) => {
    for (let i = 0; !isOver; i++) {
      const { bytes, answer } = cases[i % cases.length];
      const asked = answerOf(engine, session, bytes);
      asking.add(asked);
      expect(Buffer.compare(await asked, answer)).toBe(0);
      asking.delete(asked);
      answers++;
    }
  };
  const all = Promise.all(sessions.map(ask));
  const random = seededRandom(7);
  for (let i = 0; i < kills; i++) {
    await Promise.race([delay(random() * mostMilliseconds), all]);
    // No job is hit twice: what is asked now is answered before the next blow.
    const asked = [...asking];
    const pids = workerPids();
    kill(pids[Math.floor(random() * pids.length)], "SIGKILL");
    await Promise.race([Promise.all(asked), all]);
  }
  isOver = true;
  await all;
  expect(answers).toBeGreaterThan(kills);
  const { queued, running } = await engine.status();
  expect({ queued, running }).toEqual({ queued: 0, running: 0 });
  await until(async () => (await engine.status()).processes!.replaced >= kills);
}, 300_000);

test("processes end when their parent is killed", async () => {
  const file = new URL("../../../../dist/he-ml/node/engine/start-engine.js", import.meta.url).href;
  const script = `
    const { startLocalEngine } = await import(${JSON.stringify(file)});
    await startLocalEngine({ processes: 2 });
    console.log("started");
    setInterval(() => undefined, 1000);`;
  const parent = spawn(process.execPath, ["--input-type=module", "--eval", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(parent.stdout, "data");
  const pids = workerPids(parent.pid);
  expect(pids).toHaveLength(2);
  parent.kill("SIGKILL");
  await until(() => !pids.some(isThere));
});
