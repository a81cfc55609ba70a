import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { randomUUID } from "node:crypto";
import { modelForward, tensor } from "../../../../src/he-ml/index.js";
import { maxAbsDifference } from "../../support.js";
import { tinyModel, waves } from "../../../cli/support.js";
import {
  askProgram,
  bytesHeaders,
  openSession,
  putJob,
  smallApp,
  type Opened,
  type SmallApp,
} from "./support.js";

const image = tensor([1, 1, 6, 6], waves(36, 1));
const plain = modelForward(tinyModel, image).at(-1)!;

let small: SmallApp;
let opened: Opened;
beforeAll(async () => {
  small = await smallApp();
  opened = await openSession(small, await askProgram(small));
});
afterAll(() => small.stop());

const refusal = (answer: { statusCode: number; body: string }) => ({
  status: answer.statusCode,
  ...(JSON.parse(answer.body) as { error: { code: string; message: string } }).error,
});

test("a job's answer decrypts to the model's; it is there again, with traces, until it is deleted", async () => {
  const job = randomUUID();
  const answer = await putJob(small, opened, image, { job });
  expect(answer.statusCode).toBe(200);
  expect(answer.headers["server-timing"]).toBe("queue;dur=2.0, evaluate;dur=1.0");
  const logits = opened.client.decrypt(answer.rawPayload);
  expect(maxAbsDifference(logits.data, plain.data)).toBeLessThan(0.05);

  const url = `/sessions/${opened.session}/jobs/${job}`;
  const again = await small.app.inject(url);
  expect(again.rawPayload.equals(answer.rawPayload)).toBe(true);
  const traces = (await small.app.inject(`${url}/traces`)).json<{ traces: unknown[] }>();
  expect(traces).toMatchObject({ milliseconds: { queue: 2, evaluate: 1 } });
  expect(traces.traces.length).toBeGreaterThan(0);
  expect((await small.app.inject({ method: "DELETE", url })).statusCode).toBe(204);
  expect(refusal(await small.app.inject(url))).toMatchObject({ status: 404, code: "unknown-job" });
});

test("health", async () => {
  expect((await small.app.inject("/health")).json()).toEqual({ status: "ok" });
  void bytesHeaders;
});
