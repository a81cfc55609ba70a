// How many encrypted requests the engine answers in a second, beside as many processes that call the library themselves, in turns:
//   node scripts/measure-engine.mjs [MODEL] [PROCESSES] [ROUNDS]
import { fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Client, compile } from "../dist/he-ml/index.js";
import { startLocalEngine } from "../dist/he-ml/node/engine/start-engine.js";
import { loadModel, tensor } from "../dist/he-ml/node/index.js";
import { Program } from "../dist/he-ml/program/program.js";
import { Server } from "../dist/he-ml/service/server.js";

const roundMilliseconds = 3000;
const [model = "lenet1", processes = "2", rounds = "7"] = process.argv.slice(2);

if (process.send) await callLibrary();
else await compare();

/** One process beside others, with the library's own server. */
async function callLibrary() {
  const [{ program, keys, input }] = await once(process, "message");
  const server = await Server.start(Program.fromJSON(program), { threads: 0 });
  const session = await server.connect(keys);
  process.on("message", async () => {
    const end = performance.now() + roundMilliseconds;
    let runs = 0;
    for (; performance.now() < end; runs++) await session.run(input);
    process.send(runs);
  });
  process.send("ready");
}

async function compare() {
  const network = await loadModel(model);
  const program = await compile(network);
  const client = await Client.create(program.clientSpec);
  const size = network.inputShape.reduce((product, length) => product * length, 1);
  const values = Array.from({ length: size }, (_, i) => Math.abs(Math.sin(i)));
  const input = client.encrypt(tensor([1, ...network.inputShape], values));
  const keys = client.evaluationKeys;

  const children = Array.from({ length: Number(processes) }, () =>
    fork(fileURLToPath(import.meta.url), { serialization: "advanced" }),
  );
  const engine = await startLocalEngine({ processes: Number(processes) });
  try {
    const ready = children.map((child) => once(child, "message"));
    for (const child of children) child.send({ program: JSON.parse(JSON.stringify(program)), keys, input });
    await Promise.all(ready);
    const answers = await engineAnswers(engine, program, keys, input);
    const ratios = [];
    for (let round = -1; round < Number(rounds); round++) {
      const [alone, behind] = [await libraryRuns(children), await answers()];
      // The first is not warm.
      if (round >= 0) ratios.push(behind / alone);
      console.log(`library ${perSecond(alone)}, engine ${perSecond(behind)} a second`);
    }
    const median = ratios.sort((a, b) => a - b)[Math.floor(ratios.length / 2)];
    console.log(`${model}, ${processes} processes: ${(100 * median).toFixed(1)} % of the library's (median)`);
  } finally {
    for (const child of children) child.kill();
    await engine[Symbol.asyncDispose]();
  }
}

function perSecond(count) {
  return ((1000 * count) / roundMilliseconds).toFixed(1);
}

function sum(counts) {
  return counts.reduce((total, count) => total + count, 0);
}

async function libraryRuns(children) {
  const counts = children.map((child) => once(child, "message"));
  for (const child of children) child.send("go");
  return sum((await Promise.all(counts)).map(([count]) => count));
}

async function engineAnswers(engine, program, keys, input) {
  const { programs } = await engine.compile({ net: model, path: model }, { net: model });
  if (programs[0].digest !== program.digest) throw new Error("the engine compiled another program");
  const session = await engine.openSession(programs[0], keys);
  const askUntil = async (end) => {
    let answered = 0;
    for (; performance.now() < end; answered++) {
      const job = randomUUID();
      await engine.run(session, job, input);
      const outcome = await engine.outcome(job, 60_000);
      if (outcome.state !== "done") throw new Error(JSON.stringify(outcome));
    }
    return answered;
  };
  return async () => {
    const end = performance.now() + roundMilliseconds;
    return sum(await Promise.all(Array.from({ length: 2 * Number(processes) }, () => askUntil(end))));
  };
}
