import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { randomUUID } from "node:crypto";
import { tensor } from "../../../../src/he-ml/index.js";
import { PageApp } from "../../../../src/he-ml/browser/service/page-app.js";
import { Answers } from "../../../../src/he-ml/rest/answers.js";
import { checkConfig } from "../../../../src/he-ml/rest/config.js";
import { routes } from "../../../../src/he-ml/network/protocol.js";
import { SmallEngine } from "../../node/rest/small-engine.js";
import { Models } from "../../../../src/he-ml/node/rest/models.js";
import { temporaryFolder, waves, writeModel } from "../../../cli/support.js";
import {
  askProgram,
  bytesHeaders,
  openSession,
  smallApp,
  type Opened,
  type SmallApp,
} from "../../node/rest/support.js";

// The same requests to Node's server and to a page's, over one engine.

const image = tensor([1, 1, 6, 6], waves(36, 1));
const limits = { closingSeconds: 0, mostImages: 2, mostComputeBytes: 2000, mostBodyBytesAtOnce: 2 ** 20 };
const [noSession, noProgram] = ["0".repeat(32), "0".repeat(64)];
const lines: string[] = [];

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let small: SmallApp;
let app: PageApp;
let opened: Opened;
let other: Opened;
beforeAll(async () => {
  folder = await temporaryFolder();
  const path = await writeModel(folder.path);
  const models = [{ name: "tiny", aliases: ["TOY"], path }];
  small = await smallApp({ config: { models, limits } });
  const config = checkConfig("config", { models, limits });
  const { engine } = small;
  const log = { write: (line: string) => lines.push(line) };
  app = new PageApp(
    { engine, models: await Models.load(config.models), limits: config.limits, answers: new Answers() },
    log,
  );
  const spec = await askProgram(small);
  [opened, other] = [await openSession(small, spec), await openSession(small, spec)];
});
afterAll(async () => {
  await small.stop();
  await folder.remove();
});

interface Asked {
  readonly method?: "GET" | "POST" | "PUT" | "DELETE";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

async function ofNode({ method = "GET", url, headers, body }: Asked) {
  const payload = body instanceof Uint8Array ? Buffer.from(body) : body;
  const answer = await small.app.inject({ method, url, headers, payload });
  const bytes = answer.rawPayload;
  const { "retry-after": wait, "content-type": type, "server-timing": timing } = answer.headers;
  return { status: answer.statusCode, type, wait, timing, bytes };
}

async function ofPage({ method = "GET", url, headers, body }: Asked) {
  // Strings would be given a type of their own.
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const answer = await app.answer(
    new Request(`http://service.invalid${url}`, { method, headers, body: bytes as BodyInit | undefined }),
  );
  return {
    status: answer.status,
    type: answer.headers.get("content-type") ?? undefined,
    wait: answer.headers.get("retry-after") ?? undefined,
    timing: answer.headers.get("server-timing") ?? undefined,
    bytes: Buffer.from(await answer.arrayBuffer()),
  };
}

type Told = Awaited<ReturnType<typeof ofNode>>;

/** But for what each says of its own further addresses; and a page is told no length ahead. */
function comparable({ status, type, wait, timing, bytes }: Told) {
  const text = bytes
    .toString("latin1")
    .replace(/; (see|in a page there are) [^"]*/, "")
    .replace(/bytes, got \d+"/, 'bytes, got more"');
  return { status, type: type?.replace("; charset=utf-8", ""), wait, timing, text };
}

/** JSON's fields may come in another order. */
function ordered(told: Told) {
  const { text, ...rest } = comparable(told);
  return {
    ...rest,
    content: told.type?.startsWith("application/json") ? (JSON.parse(text) as unknown) : text,
  };
}

const json = { "content-type": "application/json" };
const post = (url: string, body: string, headers: Asked["headers"] = json): Asked => ({
  ...{ method: "POST", url, headers, body },
});
const open = (program: string, body: string | Uint8Array): Asked => ({
  ...{ method: "POST", url: `/sessions?program=${program}`, headers: bytesHeaders, body },
});
const put = (session: string, job: string, body: string | Uint8Array, query = ""): Asked => ({
  ...{ method: "PUT", url: `/sessions/${session}/jobs/${job}${query}`, headers: bytesHeaders, body },
});
const job = "7f1d9c52-7c3b-4d0e-9a55-0f6ac1f2b001";
const compute = (more: object) =>
  JSON.stringify({ net: "tiny", encryption_parameters: {}, data: [], ...more });

const refused: readonly (() => Asked)[] = [
  () => ({ url: "/nothing" }),
  () => ({ method: "PUT", url: "/models", headers: bytesHeaders, body: "x" }),
  () => ({ method: "DELETE", url: "/models" }),
  () => ({ url: "/models/none" }),
  () => ({ url: "/models/" }),
  () => ({ url: "/Models" }),
  () => ({ url: `/models/${"n".repeat(201)}` }),
  () => ({ url: "/models/tiny?layers=3-" }),
  () => ({ url: "/models/tiny?layers=3-1" }),
  () => ({ url: "/models/tiny?layer=3" }),
  () => ({ url: "/models/tiny?layers=1&layers=2" }),
  () => ({ url: "/models/tiny?packing=loose" }),
  () => ({ url: "/models/tiny?layers=0-9" }),
  () => ({ url: "/sessions/x" }),
  () => ({ url: `/sessions/${noSession}` }),
  () => ({ method: "DELETE", url: `/sessions/${noSession}` }),
  () => ({ method: "DELETE", url: `/sessions/${noSession}`, headers: json }),
  () => post("/programs", "{"),
  () => post("/programs", ""),
  () => ({ method: "POST", url: "/programs" }),
  () => post("/programs", '{"net":5}'),
  () => post("/programs", '{"net":"tiny","sort":1}'),
  () => post("/programs", `{"net":"tiny","${"x".repeat(5000)}":1}`),
  () => post("/programs", '"{\\"net\\":\\"tiny\\"}"'),
  () => post("/programs", '{"net":"tiny","parameters":{"polyModulusDegree":1000}}'),
  () => post("/programs", "[".repeat(100)),
  () => post("/programs", "<a/>", { "content-type": "text/xml" }),
  () => post("/programs", "{}", {}),
  () => post("/programs", "x", { ...json, "content-encoding": "gzip" }),
  () => post("/sessions?program=1", "x"),
  () => open("1", "x"),
  () => open(noProgram, "x"),
  () => open(opened.client.spec.digest, "x"),
  () => open(opened.client.spec.digest, new Uint8Array(2 ** 20 + 2 ** 19)),
  () => open(opened.client.spec.digest, opened.client.evaluationKeys.slice().fill(7, 5000, 5100)),
  () => ({ ...open(opened.client.spec.digest, ""), url: `/sessions?program=${noProgram}&net=none` }),
  () => put(noSession, job, "x"),
  () => put(opened.session, "1", "x"),
  () => put(opened.session, job, "x", "?wait=61"),
  () => put(opened.session, job, "x", "?wait=soon"),
  () => put(opened.session, job, "What is the answer?"),
  () => ({ method: "PUT", url: `/sessions/${opened.session}/jobs/${job}` }),
  () => put(opened.session, job, opened.client.encrypt(tensor([3, 1, 6, 6], waves(108, 1)))),
  () => ({ url: `/sessions/${opened.session}/jobs/${job}` }),
  () => ({ url: `/sessions/${opened.session}/jobs/${job}/traces` }),
  () => ({ method: "DELETE", url: `/sessions/${opened.session}/jobs/${job}` }),
  () => post("/compute", "{}"),
  () => post("/compute", compute({})),
  () => post("/compute", JSON.stringify(compute({ net: "none" }))),
  () => post("/compute", compute({ data: ["x".repeat(2000)] })),
];

test("a page refuses what Node's server refuses, in the same words", async () => {
  const statuses = new Set<number>();
  for (const asked of refused) {
    const request = asked();
    const [node, page] = [await ofNode(request), await ofPage(request)];
    const { method = "GET", url } = request;
    const name = `${method} ${url.slice(0, 60)}`;
    expect([name, comparable(page)]).toEqual([name, comparable(node)]);
    statuses.add(node.status);
  }
  expect([...statuses].sort()).toEqual([400, 404, 413, 415, 503]);
});

test.each([
  ["no UTF-8", "%ff"],
  ["a name without end", "n".repeat(1001)],
])("an address that cannot be read is refused: %s", async (_, name) => {
  for (const tell of [ofNode, ofPage]) {
    const { status, bytes } = await tell({ url: `/models/${name}` });
    expect([status, bytes.toString()]).toEqual([400, expect.stringContaining("the address cannot be read")]);
  }
});

test("a page has all addresses of Node's server but those that tell of it", async () => {
  const { bytes } = await ofPage({ url: "/nothing" });
  const named = [...bytes.toString().matchAll(/[A-Z]+ (\/[\w/:]+)/g)].map(([, url]) => url);
  const { metrics, openapi, docs, ...others } = routes;
  expect([...new Set(named)].sort()).toEqual(Object.values(others).sort());
  for (const url of [metrics, openapi, docs]) expect((await ofPage({ url })).status).toBe(404);
});

test("a page answers what Node's server answers", async () => {
  const bytes = opened.client.encrypt(image);
  const [first, second] = [randomUUID(), randomUUID()];
  const asked: readonly Asked[] = [
    { url: "/health" },
    { url: "/models" },
    { url: "/models/TOY?layers=1-1&packing=batch" },
    post("/programs", '{"net":"tiny","packing":"batch","layers":[0,1]}', {
      "content-type": "application/json; charset=utf-8",
    }),
    { url: `/sessions/${opened.session}` },
    put(opened.session, first, bytes, "?wait=10"),
    put(opened.session, first, bytes, "?wait=10"),
    { url: `/sessions/${opened.session}/jobs/${first}` },
    { url: `/sessions/${opened.session}/jobs/${first}/traces` },
  ];
  for (const request of asked) {
    const [node, page] = [await ofNode(request), await ofPage(request)];
    expect([request.url, ordered(page)]).toEqual([request.url, ordered(node)]);
    expect(node.status).toBe(200);
  }
  // Another's bytes under the number of a job, and another's under a key that is not its session's.
  const again = put(opened.session, first, opened.client.encrypt(image), "?wait=10");
  expect(await ofPage(again)).toMatchObject({ status: 409 });
  const anothers = put(other.session, second, bytes, "?wait=10");
  const [node, page] = [await ofNode(anothers), await ofPage(anothers)];
  expect(page.status).toBe(400);
  expect(page.bytes.toString()).toContain("another client's");
  expect(comparable(page)).toEqual(comparable(node));

  const made = await ofPage(open(opened.client.spec.digest, opened.client.evaluationKeys));
  expect(made.status).toBe(201);
  const { session } = JSON.parse(made.bytes.toString()) as { session: string };
  expect(await ofPage({ method: "DELETE", url: `/sessions/${session}` })).toMatchObject({
    ...{ status: 204, type: undefined, bytes: Buffer.alloc(0) },
  });
  expect(await ofNode({ url: `/sessions/${session}` })).toMatchObject({ status: 404 });
});

test("where there is no room, it says when to come back", async () => {
  let go: () => void = () => undefined;
  small.engine.gate = new Promise((resolve) => (go = resolve));
  small.engine.mostJobs = 0;
  const full = put(opened.session, randomUUID(), opened.client.encrypt(image));
  const [node, page] = [await ofNode(full), await ofPage(full)];
  expect(page).toMatchObject({ status: 503, wait: "3" });
  expect(comparable(page)).toEqual(comparable(node));
  small.engine.mostJobs = 100;
  const waiting = put(opened.session, randomUUID(), opened.client.encrypt(image));
  const queued = await ofPage(waiting);
  expect([queued.status, JSON.parse(queued.bytes.toString())]).toMatchObject([202, { state: "queued" }]);
  go();
});

test("whoever goes away while it waits is no longer waited for", async () => {
  let go: () => void = () => undefined;
  small.engine.gate = new Promise((resolve) => (go = resolve));
  const left = new AbortController();
  const { url, headers, body } = put(opened.session, randomUUID(), opened.client.encrypt(image), "?wait=60");
  const request = new Request(`http://service.invalid${url}`, {
    ...{ method: "PUT", headers, body: body as BodyInit, signal: left.signal },
  });
  const answer = app.answer(request);
  while (![...small.engine.jobs.values()].some(({ outcome }) => outcome.state === "queued")) {
    await new Promise(setImmediate);
  }
  left.abort();
  expect((await answer).status).toBe(202);
  go();
});

test("a body that does not come is cut off, by its time or by the end of the service", async () => {
  const { engine } = small;
  const config = checkConfig("config", { limits: { bodySeconds: 0.05, closingSeconds: 0 } });
  const service = { engine, models: await Models.load([]), limits: config.limits, answers: new Answers() };
  const never = () =>
    new Request(`http://service.invalid/sessions?program=${opened.client.spec.digest}`, {
      ...{ method: "POST", headers: bytesHeaders, duplex: "half" as const },
      body: new ReadableStream({ start: (stream) => stream.enqueue(new Uint8Array(10)) }),
    });
  const late = await new PageApp(service).answer(never());
  expect([late.status, await late.text()]).toEqual([408, expect.stringContaining("within 0.05 s")]);

  const patient = { ...service, limits: { ...config.limits, bodySeconds: 3600 } };
  const ending = new PageApp({ ...patient, engine: new SmallEngine() });
  const asked = post("/programs", "");
  const waiting = ending.answer(
    new Request("http://service.invalid/programs", {
      ...{ method: "POST", headers: asked.headers, duplex: "half" as const },
      body: new ReadableStream(),
    }),
  );
  await ending.close();
  expect((await waiting).status).toBe(503);
  const health = await ending.answer(new Request("http://service.invalid/health"));
  expect(await health.json()).toEqual({ status: "closing" });
  const { status } = await ending.answer(new Request("http://service.invalid/models/tiny"));
  expect(status).toBe(503);
});

test("the log has the fields of Node's, and no whole session", async () => {
  lines.length = 0;
  await ofPage({ url: `/sessions/${opened.session}` });
  await ofPage({ url: "/models?x=secret" });
  await ofPage({ url: "/nothing" });
  expect(lines.every((line) => line.endsWith("\n"))).toBe(true);
  const written = lines.map((line) => JSON.parse(line) as object);
  expect(written).toMatchObject([
    {
      ...{ level: 30, method: "GET", route: "/sessions/:session", status: 200 },
      ...{ session: `${opened.session.slice(0, 8)}…`, sentBytes: expect.any(Number) },
      milliseconds: expect.any(Number),
    },
    { route: "/models", status: 200 },
    { route: "none", status: 404 },
  ]);
  for (const secret of [opened.session, "secret"]) expect(lines.join()).not.toContain(secret);
});
