import { afterEach, beforeAll, expect, test } from "@jest/globals";
import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { Redis } from "ioredis";
// Keys and ciphertexts are made by what is built, as processes of the service run it.
import { RemoteModel } from "../../../../../dist/he-ml/network/remote-model.js";
import { Client, loadModel, modelForward, type Tensor } from "../../../../../dist/he-ml/node/index.js";
import { bytesType, errorBodySchema } from "../../../../../src/he-ml/network/protocol.js";
import { argmax, imageAt } from "../../../../../src/he-ml/tensor/tensor.js";
import { loadTestImages } from "../../../../../src/train/load-dataset.js";
import { start, type Running } from "../../../../cli/processes.js";
import { temporaryFolder, writeJson } from "../../../../cli/support.js";
import { maxAbsDifference, sigmas } from "../../../support.js";
import { RedisServer } from "./redis-server.js";
import { until } from "./support.js";

const net = "mnist-small";
const requests = 200;
const clients = 8;
/** Resident, of the process that serves: keys, inputs and answers of all clients are some hundred megabytes. */
const mostServerBytes = 2 ** 30;
/** Where the machine has other things to do, clients may be slow to send. */
const config = { models: [{ name: net }], limits: { headerSeconds: 60 } };

let images: Tensor[];
let plainLogits: Tensor[];

/** What is stopped at the end of a test, the last first. */
const stops: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  const model = await loadModel(net);
  const loaded = await loadTestImages(
    "mnist",
    Array.from({ length: requests }, (_, i) => i),
  );
  images = Array.from({ length: requests }, (_, i) => imageAt(loaded.images, i));
  const forward = modelForward(model, loaded.images).at(-1)!;
  plainLogits = images.map((_, i) => imageAt(forward, i));
});

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

/** Starts the command, which writes a line of JSON when it is ready. */
async function started<Ready>(...args: readonly string[]): Promise<Running & { readonly ready: Ready }> {
  const running = start([...args, "--json"]);
  stops.push(async () => {
    running.child.kill("SIGKILL");
    await running.finished;
  });
  const line = await Promise.race([
    new Promise<string>((resolve) => running.child.stdout!.once("data", (text) => resolve(String(text)))),
    running.finished.then(({ stderr }) => Promise.reject(new Error(`it ended: ${stderr}`))),
  ]);
  return { ...running, ready: JSON.parse(line) as Ready };
}

async function serve(...options: readonly string[]) {
  const folder = await temporaryFolder();
  stops.push(folder.remove);
  const file = await writeJson(folder.path, "serve.json", config);
  const { child, finished, ready } = await started<{ readonly url: string }>(
    ...["serve", "--port", "0", "--config", file, ...options],
  );
  return { child, finished, url: ready.url };
}

const work = (redis: RedisServer) => started("worker", "--redis", redis.url, "--processes", "1");

async function startRedis(...options: readonly string[]): Promise<RedisServer> {
  const redis = await RedisServer.start(...options);
  stops.push(() => redis[Symbol.asyncDispose]());
  return redis;
}

/** All images, by several clients at once; what is at a number of answers happens then. */
async function load(
  { url, child }: { readonly url: string; readonly child: Running["child"] },
  events: Readonly<Record<number, () => Promise<void>>> = {},
) {
  let mostBytes = 0;
  const watch = setInterval(() => {
    void residentBytes(child.pid!).then((bytes) => (mostBytes = Math.max(mostBytes, bytes)));
  }, 100);
  const milliseconds: number[] = [];
  const happening: Promise<void>[] = [];
  const left = images.map((_, i) => i);
  let answered = 0;
  const errors: number[] = [];
  /** Images of which the error might change the prediction. */
  let close = 0;
  const remotes: RemoteModel[] = [];
  // One after the other: making keys holds up all that this process does.
  while (remotes.length < clients) remotes.push(await RemoteModel.connect(url, net));
  const client = async (remote: RemoteModel) => {
    const [{ output }] = remote.specs;
    const bound = sigmas * output.predictedError!;
    for (;;) {
      const index = left.shift();
      if (index === undefined) break;
      const began = performance.now();
      const { logits, predicted } = await remote.infer(images[index]);
      milliseconds.push(performance.now() - began);
      const plain = plainLogits[index].data;
      const error = maxAbsDifference(logits.data, plain);
      errors.push(error);
      expect(error).toBeLessThan(bound);
      if (margin(plain) > 2 * bound) expect(predicted).toEqual([argmax(plain)]);
      else close++;
      const event = events[++answered];
      if (event) happening.push(event());
    }
    await remote.close();
  };
  try {
    await Promise.all(remotes.map(client));
    await Promise.all(happening);
  } finally {
    clearInterval(watch);
  }
  expect(answered).toBe(requests);
  expect(close).toBeLessThan(requests / 20);
  expect(mostBytes).toBeGreaterThan(0);
  expect(mostBytes).toBeLessThan(mostServerBytes);
  milliseconds.sort((a, b) => a - b);
  const at = (share: number) => Math.round(milliseconds[Math.ceil(share * requests) - 1]);
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms, server ${Math.round(mostBytes / 2 ** 20)} MiB, largest error ${Math.max(...errors).toFixed(3)}`;
}

/** Between the largest value and the next. */
function margin(values: ArrayLike<number>): number {
  const [first, second] = Array.from(values).sort((a, b) => b - a);
  return first - second;
}

async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return 1024 * Number(/VmRSS:\s*(\d+)/.exec(status)?.[1] ?? 0);
}

test("many clients at once, in memory", async () => {
  const server = await serve("--processes", "2");
  console.log(`in memory: ${await load(server)}`);
  server.child.kill("SIGTERM");
  expect((await server.finished).status).toBe(0);
}, 120_000);

/** Stops one of two workers while it does a job: one that stays while the other worker goes on. */
async function stopInTheMiddle({ child }: Running, client: Redis): Promise<void> {
  const active = () => client.lrange("he-ml:jobs:active", 0, -1);
  for (;;) {
    child.kill("SIGSTOP");
    const first = await active();
    const later = new Set<string>();
    let staying = first;
    while (staying.length > 0 && later.size < 4) {
      const now = await active();
      staying = staying.filter((run) => now.includes(run));
      for (const run of now) if (!first.includes(run)) later.add(run);
      await delay(5);
    }
    if (staying.length > 0) return;
    child.kill("SIGCONT");
    await delay(20);
  }
}

test("many clients at once, through Redis, with a worker killed in the middle and Redis restarted", async () => {
  const redis = await startRedis();
  const server = await serve("--redis", redis.url);
  const doomed = await work(redis);
  const other = await work(redis);
  const client = new Redis(redis.url);
  client.on("error", () => undefined);
  stops.push(async () => client.disconnect());
  const told = await load(server, {
    60: async () => {
      await stopInTheMiddle(doomed, client);
      doomed.child.kill("SIGKILL");
      await until(async () => {
        const events = await client.xrange("he-ml:jobs:events", "-", "+");
        return events.some(([, fields]) => fields.includes("stalled"));
      });
    },
    120: () => redis.restart(1000),
  });
  console.log(`through Redis: ${told}`);
  for (const { child, finished } of [server, other]) {
    child.kill("SIGTERM");
    expect((await finished).status).toBe(0);
  }
}, 180_000);

test("a full queue refuses at once, and takes again when there is room", async () => {
  const redis = await startRedis();
  const server = await serve("--redis", redis.url);
  const worker = await work(redis);
  const { url } = server;
  const { programs } = (await (await fetch(`${url}/models/${net}`)).json()) as {
    readonly programs: readonly { readonly clientSpec: { readonly digest: string } }[];
  };
  const client = await Client.create(programs[0].clientSpec);
  const headers = { "content-type": bytesType };
  const opened = await fetch(`${url}/sessions?program=${client.spec.digest}`, {
    ...{ method: "POST", headers, body: client.evaluationKeys as Uint8Array<ArrayBuffer> },
  });
  const { session } = (await opened.json()) as { readonly session: string };
  worker.child.kill("SIGTERM");
  await worker.finished;

  const body = client.encrypt(images[0]) as Uint8Array<ArrayBuffer>;
  const address = (job: number) =>
    `${url}/sessions/${session}/jobs/00000000-0000-4000-8000-${String(job).padStart(12, "0")}`;
  const put = (job: number) => fetch(address(job), { method: "PUT", headers, body });
  const answers = await Promise.all(Array.from({ length: 80 }, (_, job) => put(job)));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202, 503]));
  const accepted = answers.flatMap(({ status }, job) => (status === 202 ? [job] : []));
  const refused = answers.filter(({ status }) => status === 503);
  expect(accepted).toHaveLength(64);
  expect(refused).toHaveLength(16);
  for (const answer of refused) {
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    expect(errorBodySchema.parse(await answer.json()).error.code).toBe("busy");
  }

  await work(redis);
  for (const job of accepted) {
    const answer = await fetch(`${address(job)}?wait=60`);
    expect(answer.status).toBe(200);
    const logits = client.decrypt(new Uint8Array(await answer.arrayBuffer()));
    expect(argmax(logits.data)).toBe(argmax(plainLogits[0].data));
  }
  expect((await put(80)).status).toBe(202);
}, 120_000);

test("while Redis is away, requests are refused after a little while; nothing ends, and no password is told", async () => {
  const redis = await startRedis("--requirepass", "red-herring");
  const server = await serve("--redis", redis.url);
  const worker = await work(redis);
  await redis.kill();
  const model = `${server.url}/models/${net}`;
  const answers = await Promise.all([model, model].map((url) => fetch(url)));
  for (const answer of answers) {
    expect(answer.status).toBe(503);
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    expect(errorBodySchema.parse(await answer.json()).error.code).toBe("busy");
  }
  expect((await fetch(`${server.url}/health`)).status).toBe(200);
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  expect(metrics).toMatch(/^he_ml_engine_reachable 0$/m);
  expect(metrics).toMatch(/^he_ml_request_seconds_count\{.*status="503"\} 2$/m);
  await redis.start();
  expect((await fetch(model)).status).toBe(200);
  for (const { child, finished } of [server, worker]) {
    child.kill("SIGTERM");
    const { status, stdout, stderr } = await finished;
    expect({ status, away: /is away/.test(stderr), back: /is back/.test(stderr) }).toEqual({
      ...{ status: 0, away: true, back: true },
    });
    expect(stdout + stderr).not.toContain("red-herring");
  }
}, 120_000);
