import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { RemoteModel } from "../../../src/he-ml/network/remote-model.js";
import { maxAbsDifference } from "../support.js";
import { images, listening, logitsOf, teaching } from "./support.js";

let server: Awaited<ReturnType<typeof listening>>;
beforeAll(async () => (server = await listening()));
afterAll(() => server.stop());

// The rest is in remote-model.slow.ts, lost.slow.ts and hostile.slow.ts.
test("images go encrypted to the server, and logits come back, also where it has forgotten the session", async () => {
  const remote = await RemoteModel.connect(server.url, "TOY", teaching);
  const { openSession } = server.engine;
  let opened = 0;
  server.engine.openSession = (...given) => {
    opened++;
    return openSession.apply(server.engine, given);
  };
  const { session } = server.engine;
  for (const isLost of [false, true]) {
    if (isLost) server.engine.session = async () => ((server.engine.session = session), undefined);
    const { logits } = await remote.infer(images);
    expect(maxAbsDifference(logits.data, logitsOf(images).data)).toBeLessThan(0.05);
  }
  expect(opened).toBe(1);
  await remote.close();
});
