import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { randomUUID } from "node:crypto";
import type { InjectOptions } from "fastify";
import { Writable } from "node:stream";
import { tensor } from "../../../../src/he-ml/index.js";
import { limitsSchema } from "../../../../src/he-ml/rest/limits.js";
import { waves } from "../../../cli/support.js";
import {
  askProgram,
  bytesHeaders,
  openSession,
  putJob,
  refusalOf,
  smallApp,
  type Opened,
  type SmallApp,
} from "./support.js";

const image = tensor([1, 1, 6, 6], waves(36, 1));
const token = "correct-horse-battery";

let small: SmallApp;
let opened: Opened;
beforeAll(async () => {
  small = await smallApp();
  opened = await openSession(small, await askProgram(small));
});
afterAll(() => small.stop());

type Request = InjectOptions | string;
const refused = async (request: Request, { app } = small) => refusalOf(await app.inject(request));

test.each([
  ["unknown-route", 404, "/nothing", /GET; see \/openapi.json/],
  ["unknown-route", 404, { method: "PUT", url: "/models" }, /PUT/],
  ["unknown-model", 404, "/models/none", /expected one of tiny, got "none"/],
  [
    "bad-request",
    400,
    "/models/tiny?layers=3-",
    /^querystring\.layers: expected a layer's number or a range/,
  ],
  ["bad-request", 400, "/models/tiny?layers=3-1", /^querystring\.layers: expected a range that ascends/],
  ["bad-request", 400, "/models/tiny?layer=3", /^querystring: Unrecognized key: "layer"/],
  ["bad-request", 400, "/models/tiny?layers=0-9", /^layers: expected a contiguous range within 0–4/],
  ["bad-request", 400, "/sessions/x", /^params\.session: expected 32 hexadecimal digits/],
  ["unknown-session", 404, `/sessions/${"0".repeat(32)}`, /^session 00000000… is not known here/],
  ["bad-request", 400, { method: "POST", url: "/programs", payload: "{", headers: json() }, /is not JSON/],
  ["bad-request", 400, { method: "POST", url: "/programs", payload: { net: 5 } }, /^body\.net/],
  ["bad-request", 400, { method: "POST", url: "/programs", payload: { net: "tiny", sort: 1 } }, /"sort"/],
  [
    "wrong-type",
    415,
    { method: "POST", url: "/programs", payload: "<a/>", headers: type("text/xml") },
    /^Content-Type/,
  ],
  [
    "wrong-type",
    415,
    { method: "POST", url: "/sessions?program=1", payload: "x", headers: json() },
    /^Content-Type: expected application\/octet-stream for keys/,
  ],
  [
    "wrong-type",
    415,
    { method: "POST", url: "/programs", payload: "x", headers: { ...json(), "content-encoding": "gzip" } },
    /^Content-Encoding: expected none, got "gzip"/,
  ],
  ["unknown-program", 404, openWith("0".repeat(64), "x"), /program 000000000000… is not known here/],
] as [string, number, Request, RegExp][])("%s (%i): %j", async (code, status, request, message) => {
  const answer = await refused(request);
  expect(answer).toMatchObject({ code, status });
  expect(answer.message).toMatch(message);
});

function type(name: string) {
  return { "content-type": name };
}

function json() {
  return type("application/json");
}

function openWith(program: string, payload: string | Buffer) {
  return { method: "POST", url: `/sessions?program=${program}`, headers: bytesHeaders, payload } as const;
}

const lists = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
const input = (json: string) => `{"net":"tiny","input":${json}}`;
const zeros = `[${"0,".repeat(300_000)}0]`;

test.each([
  ["/programs", "[".repeat(500_000), /^program request: expected JSON with at most 32 lists/],
  ["/programs", input(lists(100_000)), /at most 32 lists/],
  ["/programs", input(zeros), /at most 262144 values/],
  ["/programs", input(`{${'"a":0,'.repeat(1000)}"a":0}`), /at most 1000 fields/],
  ["/compute", input(" ".repeat(17_000_000)), /at most 16777216 bytes outside/],
  ["/programs", input(`"${'\\"'.repeat(530_000)}"`), /at most 524288 quotes/],
  ["/programs", input(`"${'\\"[{,:'.repeat(10_000)}\\\\"`), /^compile: options: input: expected/],
  ["/compute", input(lists(100_000)), /^compute: expected JSON with at most 32 lists/],
  ["/compute", JSON.stringify(input(lists(100_000))), /^compute: expected JSON with at most 32 lists/],
  ["/compute", JSON.stringify(input(zeros)), /at most 262144 values/],
])("JSON that has more in it than any request is refused: %s (%#)", async (url, payload, message) => {
  const answer = await refused({ method: "POST", url, headers: json(), payload });
  expect(answer).toMatchObject({ code: "bad-request", status: 400 });
  expect(answer.message).toMatch(message);
});

test("what came is not repeated whole", async () => {
  const payload = { net: "tiny", ["x".repeat(100_000)]: 0 };
  const { message } = await refused({ method: "POST", url: "/programs", payload });
  expect(message.length).toBeLessThan(1000);
});

test("bodies end at the cap that follows from the program", async () => {
  const { digest } = opened.client.spec;
  const honest = opened.client.evaluationKeys.length;
  const large = Buffer.alloc(honest + 2 ** 20);
  expect(await refused(openWith(digest, large))).toMatchObject({ code: "too-large", status: 413 });
  const damaged = Buffer.from(opened.client.evaluationKeys).fill(7, 5000, 5100);
  expect(await refused(openWith(digest, damaged))).toMatchObject({ code: "bad-request", status: 400 });
});

test("a job of too many images is told how many it may have", async () => {
  const few = await smallApp({ limits: limitsSchema.parse({ mostImages: 2, closingSeconds: 0 }) });
  const { session } = await openSession(few, await askProgram(few));
  const url = `/sessions/${session}/jobs/${randomUUID()}`;
  const large = { method: "PUT", url, headers: bytesHeaders, payload: Buffer.alloc(2 ** 22) } as const;
  const answer = await refused(large, few);
  expect(answer).toMatchObject({ code: "too-large", status: 413 });
  expect(answer.message).toMatch(/^job of up to 2 image\(s\): expected at most \d+ bytes, got 4194304$/);
  await few.stop();
});

test("a job's fault is told when it is asked for, and an empty body is one", async () => {
  const url = `/sessions/${opened.session}/jobs/${randomUUID()}?wait=10`;
  const answer = await refused({ method: "PUT", url, headers: bytesHeaders, payload: "HEML" });
  expect(answer).toMatchObject({ status: 400, code: "bad-request" });
  expect(answer.message).toMatch(/^encrypted tensor: expected bytes that begin with HEML/);
  const empty = `/sessions/${opened.session}/jobs/${randomUUID()}?wait=10`;
  expect((await refused({ method: "PUT", url: empty })).code).toBe("bad-request");
});

test("a full queue is told at once, with the time to come back", async () => {
  small.engine.mostJobs = 0;
  const answer = await putJob(small, opened, image, { job: randomUUID() });
  small.engine.mostJobs = 100;
  expect(answer.headers["retry-after"]).toBe("3");
  expect(refusalOf(answer)).toMatchObject({ status: 503, code: "busy" });
  expect((await putJob(small, opened, image, { job: randomUUID() })).statusCode).toBe(200);
});

test("bodies that are too many at one time wait outside, and leave their room when they are gone", async () => {
  const limits = limitsSchema.parse({ mostBodyBytesAtOnce: 40_000, closingSeconds: 0 });
  const narrow = await smallApp({ limits });
  const { digest } = await askProgram(narrow);
  for (let i = 0; i < 3; i++) {
    const answer = await narrow.app.inject(openWith(digest, Buffer.alloc(50_000)));
    expect(refusalOf(answer)).toMatchObject({ status: 503, code: "busy" });
    expect((await refused(openWith(digest, Buffer.alloc(30_000)), narrow)).code).toBe("bad-request");
  }
  await narrow.stop();
});

test("tokens guard everything but /health and what describes the server", async () => {
  const guarded = await smallApp({ tokens: ["another-token-altogether", token] });
  const status = async (url: string, authorization?: string) =>
    (await guarded.app.inject({ url, headers: authorization ? { authorization } : {} })).statusCode;
  for (const url of ["/health", "/openapi.json", "/docs/", "/docs/json"]) expect(await status(url)).toBe(200);
  for (const url of ["/models", "/metrics", "/nothing", "/docs-of-others"]) {
    expect(await status(url)).toBe(401);
  }
  for (const wrong of [`Bearer ${token}x`, `Bearer ${token.slice(1)}`, `Basic ${token}`, "Bearer "]) {
    expect(await status("/models", wrong)).toBe(401);
  }
  const answer = await guarded.app.inject({ url: "/models", headers: { authorization: `Bearer ${token}` } });
  expect(answer.statusCode).toBe(200);
  const without = await guarded.app.inject("/models");
  expect(without.headers["www-authenticate"]).toBe("Bearer");
  expect(refusalOf(without).code).toBe("unauthorized");
  await guarded.stop();
});

test("pages of a named origin may use the server, and read what took how long; others may not", async () => {
  const open = await smallApp({ cors: ["https://example.org"], tokens: [token] });
  const from = (origin: string) =>
    open.app.inject({ url: "/models", headers: { origin, authorization: `Bearer ${token}` } });
  expect((await from("https://example.org")).headers).toMatchObject({
    "access-control-allow-origin": "https://example.org",
    "access-control-expose-headers": "server-timing, retry-after",
  });
  expect((await from("https://example.com")).headers["access-control-allow-origin"]).toBeUndefined();
  const asked = await open.app.inject({
    ...{ method: "OPTIONS", url: "/sessions" },
    headers: { origin: "https://example.org", "access-control-request-method": "POST" },
  });
  expect(asked.statusCode).toBe(204);
  expect(asked.headers["access-control-allow-headers"]).toBe("authorization, content-type");
  await open.stop();
  expect(
    (await small.app.inject({ url: "/models", headers: { origin: "https://example.org" } })).headers,
  ).not.toHaveProperty("access-control-allow-origin");
});

test("the log has a line for each request, without addresses, tokens or whole sessions", async () => {
  let text = "";
  const log = new Writable({
    write(chunk: Buffer, _, done) {
      text += chunk.toString();
      done();
    },
  });
  const logged = await smallApp({ log, tokens: [token] });
  const session = "0123456789abcdef0123456789abcdef";
  await logged.app.inject({ url: `/sessions/${session}`, headers: { authorization: `Bearer ${token}` } });
  await logged.app.inject({ url: "/models?x=secret", headers: { authorization: "Bearer something-wrong" } });
  await logged.stop();
  const lines = text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as object);
  expect(lines).toMatchObject([
    { method: "GET", route: "/sessions/:session", status: 404, session: "01234567…" },
    { method: "GET", route: "/models", status: 401 },
  ]);
  for (const secret of [token, session, "something-wrong", "secret"]) expect(text).not.toContain(secret);
});

test("who is about to end takes nothing new, and gives the answers that are waited for", async () => {
  const ending = await smallApp({ limits: limitsSchema.parse({ closingSeconds: 30 }) });
  const client = await openSession(ending, await askProgram(ending));
  let open: () => void = () => undefined;
  ending.engine.gate = new Promise((resolve) => (open = resolve));
  const [waited, left] = [randomUUID(), randomUUID()];
  const waiting = putJob(ending, client, image, { job: waited, wait: 60 });
  expect((await putJob(ending, client, image, { job: left, wait: 0 })).statusCode).toBe(202);
  const closed = ending.stop();
  expect(await refused("/models/tiny", ending)).toMatchObject({ code: "closing", status: 503 });
  expect((await ending.app.inject("/health")).json()).toEqual({ status: "closing" });
  open();
  expect((await waiting).statusCode).toBe(200);
  // Its client comes back for it.
  expect((await ending.app.inject(`/sessions/${client.session}/jobs/${left}?wait=60`)).statusCode).toBe(200);
  await closed;
  await ending.close();
});
