import { expect, test } from "@jest/globals";
import { setTimeout as delay } from "node:timers/promises";
import { tensor } from "../../../../dist/he-ml/node/index.js";
import { startLocalEngine } from "../../../../dist/he-ml/node/engine/start-engine.js";
import { temporaryFolder, writeModel } from "../../../cli/support.js";
import { bytesHeld } from "../../bytes-held.js";
import { answerOf, newSession, refusalOf, smallModel, smallRequest } from "./support.js";

const mebibyte = 2 ** 20;

/** Memory outside of V8's heap is given back in its own time: the least that is held in a second. */
async function bytesLeft(): Promise<number> {
  let least = Infinity;
  for (let i = 0; i < 10; i++) {
    least = Math.min(least, bytesHeld());
    await delay(100);
  }
  return least;
}

test("what the server's process holds does not grow over 800 jobs and 80 sessions", async () => {
  const folder = await temporaryFolder();
  const path = await writeModel(folder.path, smallModel);
  // Room for about ten answers and twenty sessions' keys.
  const engine = await startLocalEngine({ processes: 1, resultBytes: mebibyte, keyBytes: 16 * mebibyte });
  try {
    const [program] = (await engine.compile({ net: "small", path }, smallRequest)).programs;
    const { client, input } = await newSession(engine, program);
    const bytes = input(tensor([1, 4], [0.5, -0.25, 1, 0]));
    const jobs = async (count: number) => {
      for (let i = 0; i < count; i++) {
        const session = await engine.openSession(program, client.evaluationKeys);
        for (let j = 0; j < 9; j++) await answerOf(engine, session, bytes);
        await refusalOf(engine, session, bytes.subarray(1));
        // Every other one is left to those that come after it.
        if (i % 2) await engine.closeSession(session.session);
      }
    };
    // Until there is no more room for keys.
    await jobs(60);
    const early = await bytesLeft();
    await jobs(80);
    expect((await bytesLeft()) - early).toBeLessThan(8 * mebibyte);
    const { bytes: kept, processes } = await engine.status();
    expect(kept.result).toBeLessThanOrEqual(mebibyte);
    expect(kept.keys).toBeLessThanOrEqual(16 * mebibyte);
    expect(kept.input).toBe(0);
    expect(processes).toEqual({ alive: 1, replaced: 0 });
  } finally {
    await engine[Symbol.asyncDispose]();
    await folder.remove();
  }
});
