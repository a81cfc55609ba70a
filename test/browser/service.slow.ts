import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Client, ClientSpec, ServeOptions } from "../../src/he-ml/browser/index.js";
import { loadTestImages } from "../../src/train/load-dataset.js";
import { openLibrary, type LibraryWorkers } from "../site/library-worker.js";

// In a module worker, as a notebook's kernel is one.

let library: LibraryWorkers;
let pixels: number[][];

beforeAll(async () => {
  library = await openLibrary();
  const { images, labels } = await loadTestImages("mnist", [0, 1]);
  expect([...labels]).toEqual([7, 2]);
  pixels = [0, 1].map((i) => [...images.data.slice(i * 784, (i + 1) * 784)]);
}, 60_000);
afterAll(() => library.close());

test("a digit is classified by a service inside the page, whose log has what was asked", async () => {
  const { result: told, asked } = await library.run(async ({ heMl }, [seven]) => {
    const passed: string[] = [];
    const own = fetch;
    const before: typeof fetch = (where, asks) => {
      passed.push(String(where));
      return own(where, asks);
    };
    globalThis.fetch = before;
    const lines: string[] = [];
    const config = { models: [{ name: "mnist-small" }], limits: { closingSeconds: 0 } };
    const server = await heMl.serve({ processes: 1, config, log: { write: (line) => lines.push(line) } });
    const [offered] = await heMl.RemoteModel.models(server.url);
    const remote = await heMl.RemoteModel.connect(server.url, "mnist-small");
    const { predicted, milliseconds } = await remote.infer(heMl.tensor([1, 28, 28], seven));
    await remote.close();
    const { url, models } = server;
    await server.close();
    const gone = await fetch(`${url}/health`).then(
      ({ status }) => String(status),
      () => "nobody there",
    );
    return {
      ...{ url, models, predicted, milliseconds, gone },
      offered: offered.net,
      lines: lines.map((line) => JSON.parse(line) as Record<string, unknown>),
      isPutBack: fetch === before,
      passed,
    };
  }, pixels);
  expect(told).toMatchObject({ url: "http://service-1.he-ml.invalid", models: ["mnist-small"] });
  expect(told).toMatchObject({
    offered: "mnist-small",
    predicted: [7],
    gone: "nobody there",
    isPutBack: true,
  });
  expect(told.milliseconds.evaluate).toBeGreaterThan(0);
  expect(told.lines.map(({ method, route, status }) => [method, route, status])).toEqual([
    ["GET", "/models", 200],
    ["GET", "/models/:net", 200],
    ["POST", "/sessions", 201],
    ["PUT", "/sessions/:session/jobs/:job", 200],
    ["GET", "/sessions/:session/jobs/:job/traces", 200],
    ["DELETE", "/sessions/:session", 204],
  ]);
  expect(asked).toContain("engine-worker.js");
  // What is not for a service goes where it went before.
  expect(told.passed.some((url) => url.endsWith("/lib/models/mnist-small/model.onnx"))).toBe(true);
  expect(told.passed.filter((url) => url.includes(".invalid"))).toEqual([
    "http://service-1.he-ml.invalid/health",
  ]);
  const [, , , put, , removed] = told.lines;
  expect(put).toMatchObject({ session: removed.session, sentBytes: expect.any(Number) });
  expect(put.session).toMatch(/^[0-9a-f]{8}…$/);
});

test("two services share the layers of one network, and what is refused says why and when to come back", async () => {
  const { result: told } = await library.run(async ({ heMl }, [seven, two]) => {
    const config = { models: [{ name: "mnist-small" }], limits: { closingSeconds: 0 } };
    const first = await heMl.serve({ processes: 1, config });
    const second = await heMl.serve({ processes: 1, config: { ...config, engine: { mostQueued: 1 } } });
    const split = await heMl.RemoteModel.connect(
      [
        { url: first.url, layers: [0, 1, 2] },
        { url: second.url, layers: [3, 4, 5] },
      ],
      "mnist-small",
    );
    const { predicted } = await split.infer(heMl.tensor([1, 28, 28], two));

    const program = (await (await fetch(`${second.url}/models/mnist-small`)).json()) as {
      programs: { clientSpec: ClientSpec }[];
    };
    const spec = program.programs[0].clientSpec;
    const bytesType = { "content-type": "application/octet-stream" };
    const sessionOf = async (client: Client) => {
      const body = client.evaluationKeys as BodyInit;
      const answer = await fetch(`${second.url}/sessions?program=${spec.digest}`, {
        ...{ method: "POST", headers: bytesType, body },
      });
      return ((await answer.json()) as { session: string }).session;
    };
    const [mine, others] = [await heMl.Client.create(spec), await heMl.Client.create(spec)];
    const [session, another] = [await sessionOf(mine), await sessionOf(others)];
    const bytes = mine.encrypt(heMl.tensor([1, 28, 28], seven));
    const put = async (to: string, body: BodyInit, wait = 30) => {
      const job = `${second.url}/sessions/${to}/jobs/${crypto.randomUUID()}?wait=${wait}`;
      const answer = await fetch(job, { method: "PUT", headers: bytesType, body });
      const retryAfter = answer.headers.get("retry-after");
      if (answer.ok) return { status: answer.status };
      const { error } = (await answer.json()) as { error: { code: string; message: string } };
      return { status: answer.status, retryAfter, ...error };
    };
    const refused = {
      anothers: await put(another, bytes as BodyInit),
      nonsense: await put(session, new TextEncoder().encode("What is the answer?")),
      unknown: await put("0".repeat(32), bytes as BodyInit),
    };
    const crowd = await Promise.all(Array.from({ length: 12 }, () => put(session, bytes as BodyInit)));
    const left = new AbortController();
    const leaving = fetch(`${first.url}/models`, { signal: left.signal }).then(
      () => "answered",
      (error: Error) => error.name,
    );
    left.abort();
    const whenLeft = await leaving;
    await split.close();
    await Promise.all([first.close(), second.close()]);
    return { predicted, refused, crowd, whenLeft };
  }, pixels);
  expect(told.predicted).toEqual([2]);
  expect(told.refused).toMatchObject({
    anothers: { status: 400, code: "bad-request", message: expect.stringContaining("another client's") },
    nonsense: { status: 400, code: "bad-request" },
    unknown: { status: 404, code: "unknown-session" },
  });
  expect(told.crowd.filter(({ status }) => status === 200).length).toBeGreaterThan(0);
  const busy = told.crowd.find(({ status }) => status === 503);
  expect(busy).toMatchObject({ code: "busy", retryAfter: expect.stringMatching(/^\d+$/) });
  expect(told.whenLeft).toBe("AbortError");
});

test("PyCrCNN's request is computed in a page, too", async () => {
  const { result: told } = await library.run(async ({ heMl }, [seven]) => {
    const config = { models: [{ name: "mnist-small" }], limits: { closingSeconds: 0 } };
    const server = await heMl.serve({ processes: 1, config });
    const layers = await heMl.RemoteLayers.create({ m: 4096, p: 1032193, sec: 128, base: 2 });
    const range = { url: server.url, net: "mnist-small", layers: [5] };
    const values = heMl.tensor([1, 64], seven.slice(200, 264));
    const { logits } = await layers.infer([range], values);
    await server.close();
    const { layers: all } = await heMl.loadModel("mnist-small");
    const last = heMl.defineModel({ name: "last", inputShape: [64], layers: [all[5]] });
    return { logits: [...logits.data], plain: [...heMl.modelForward(last, values).at(-1)!.data] };
  }, pixels);
  expect(told.plain).toHaveLength(10);
  told.logits.forEach((logit, i) => expect(Math.abs(logit - told.plain[i])).toBeLessThan(0.05));
});

test("a task that takes too long costs its worker, and no more than that", async () => {
  const { result: told } = await library.run(async ({ heMl }) => {
    const config = { models: [{ name: "mnist-small" }], engine: { jobSeconds: 0.01 } };
    const server = await heMl.serve({ processes: 1, config });
    const answers: { status: number; text: string }[] = [];
    for (let i = 0; i < 2; i++) {
      const answer = await fetch(`${server.url}/models/mnist-small`);
      answers.push({ status: answer.status, text: await answer.text() });
    }
    const { status } = await fetch(`${server.url}/health`);
    await server.close();
    return { answers, status };
  }, undefined);
  for (const { status, text } of told.answers) {
    expect([status, text]).toEqual([422, expect.stringContaining("it took more than 0.01 s")]);
  }
  expect(told.status).toBe(200);
});

test("what only a server in Node could heed is refused, and so is a worker's script that is not there", async () => {
  const { result: refusals, asked } = await library.run(async ({ heMl }) => {
    const models = [{ name: "mnist-small" }];
    const options = [
      { port: 8000 },
      { tls: { cert: "", key: "" } },
      {},
      { config: { models, limits: { mostConnections: 5 } } },
      { config: { models, engine: { jobBytes: 2 ** 30 } } },
      { config: { models, engine: { threads: 2 } } },
      { config: { models: [{ name: "none" }] } },
      { config: { models }, log: {} },
    ];
    const tried: string[] = [];
    for (const one of options) {
      tried.push(await heMl.serve(one as ServeOptions).then(() => "served", String));
    }
    return tried;
  }, undefined);
  expect(asked).not.toContain("engine-worker.js");
  expect(refusals).toEqual([
    expect.stringMatching(/InputError: serve: options: port: expected none in a page/),
    expect.stringMatching(/InputError: serve: options: tls: expected none in a page/),
    expect.stringMatching(/InputError: serve: config: models: expected the models to serve/),
    expect.stringMatching(/InputError: serve: config: limits\.mostConnections: expected none in a page/),
    expect.stringMatching(/InputError: serve: config: engine\.jobBytes: expected none in a page/),
    expect.stringMatching(/InputError: serve: config: engine: .*threads/),
    expect.stringMatching(/InputError: loadModel: .*models\/none\/model\.onnx" cannot be fetched \(404\)/),
    expect.stringMatching(/InputError: serve: options: log: expected something to write to/),
  ]);
  const { result: without } = await library.run(
    ({ heMl }) => heMl.serve({ config: { models: [{ name: "mnist-small" }] } }).then(() => "served", String),
    undefined,
    { leftOut: ["engine-worker.js"] },
  );
  expect(without).toMatch(/InputError: serve: worker: it did not start: .*engine-worker\.js/);
});

test("who starts no service loads nothing of it", async () => {
  const { asked } = await library.run(async ({ heMl }) => Object.keys(heMl.typicalCosts), undefined);
  expect(asked.filter((name) => /service|engine/.test(name))).toEqual([]);
});
