import { afterEach, expect, test } from "@jest/globals";
import { randomUUID } from "node:crypto";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { request, type ClientRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import { run } from "../../../cli/processes.js";
import { temporaryFolder } from "../../../cli/support.js";
import { bytesHeaders } from "./support.js";
import { expectRight, guest, image, programOf, putImage, refusalIn, served, type Served } from "./served.js";

// With a process of its own, over sockets.

const started: Served[] = [];
const start = async (...args: Parameters<typeof served>) => {
  const one = await served(...args);
  started.push(one);
  return one;
};
afterEach(async () => {
  await Promise.all(started.splice(0).map(({ stop }) => stop()));
});

/** A request whose body the test writes itself. */
function upload(url: string, headers: Record<string, string> = {}): ClientRequest {
  const sent = request(url, { method: "POST", headers: { ...bytesHeaders, ...headers } });
  sent.on("error", () => undefined);
  return sent;
}

async function answerTo(sent: ClientRequest) {
  const [answer] = (await once(sent, "response")) as [IncomingMessage];
  let text = "";
  for await (const chunk of answer) text += String(chunk);
  const { error } = JSON.parse(text) as { error: { code: string; message: string } };
  return { status: answer.statusCode, ...error };
}

async function metric(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)![1]);
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await setTimeout(20);
}

test("a full queue is told at once, and there is room again", async () => {
  const { url } = await start({ engine: { mostQueued: 1 } });
  const client = await guest(url, await programOf(url));
  const bytes = client.client.encrypt(image);
  let full: Response | undefined;
  while (!full) {
    const jobs = Array.from({ length: 40 }, () => randomUUID());
    const answers = await Promise.all(jobs.map((job) => putImage(client, { job, wait: 0 }, bytes)));
    full = answers.find(({ status }) => status === 503);
  }
  expect(Number(full.headers.get("retry-after"))).toBeGreaterThan(0);
  expect((await refusalIn(full)).code).toBe("busy");
  await until(async () => (await metric(url, "he_ml_queue_depth")) === 0);
  await expectRight(client, await putImage(client, { job: randomUUID() }));
});

test("SIGTERM: what was accepted is finished, its answers are fetched, nothing new is taken, and the status is 0", async () => {
  const { url, child, finished } = await start({ limits: { closingSeconds: 60 } });
  const client = await guest(url, await programOf(url));
  const jobs = Array.from({ length: 8 }, () => randomUUID());
  for (const job of jobs) await putImage(client, { job, wait: 0 });
  child.kill("SIGTERM");
  await until(
    async () => ((await (await fetch(`${url}/health`)).json()) as { status: string }).status === "closing",
  );
  expect(await refusalIn(await putImage(client, { job: randomUUID() }))).toMatchObject({
    ...{ status: 503, code: "closing" },
  });
  for (const job of jobs) {
    await expectRight(client, await fetch(`${url}/sessions/${client.session}/jobs/${job}?wait=30`));
  }
  expect(await finished).toMatchObject({ status: 0 });
});

test("a second signal ends it at once", async () => {
  const { url, child, finished } = await start({ limits: { closingSeconds: 3600 } });
  const client = await guest(url, await programOf(url));
  await putImage(client, { job: randomUUID(), wait: 0 });
  child.kill("SIGINT");
  await until(
    async () => ((await (await fetch(`${url}/health`)).json()) as { status: string }).status === "closing",
  );
  child.kill("SIGINT");
  expect(await finished).toMatchObject({ status: 130 });
});

test("SIGTERM: a request that never comes whole does not keep it", async () => {
  const { url, child, finished } = await start({ limits: { headerSeconds: 2, closingSeconds: 0 } });
  const { port, hostname } = new URL(url);
  const socket = connect(Number(port), hostname).on("error", () => undefined);
  socket.write("GET /health HTTP/1.1\r\nHost: server\r\n\r\nGET /health HTTP/1.1\r\nHost: ");
  await once(socket, "data");
  child.kill("SIGTERM");
  expect(await finished).toMatchObject({ status: 0 });
});

test("a body that comes too slowly is cut off, and told why; so are headers", async () => {
  const { url } = await start({ limits: { bodySeconds: 0.5, headerSeconds: 1, closingSeconds: 0 } });
  const { digest } = await programOf(url);
  const slow = upload(`${url}/sessions?program=${digest}`, { "content-length": "10000" });
  slow.write("HEML");
  expect(await answerTo(slow)).toMatchObject({ status: 408, code: "too-slow" });

  const { port, hostname } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write("GET /health HTTP/1.1\r\nHost: ");
  let text = "";
  for await (const chunk of socket) text += String(chunk);
  expect(text).toMatch(/^HTTP\/1\.1 408 [\s\S]*"code":"too-slow"/);
});

test("an endless body ends at the cap, and is told why", async () => {
  const { url } = await start();
  const spec = await programOf(url);
  const endless = upload(`${url}/sessions?program=${spec.digest}`);
  let sent = 0;
  let isAnswered = false;
  const answered = answerTo(endless).finally(() => (isAnswered = true));
  while (!isAnswered && sent < 2 ** 28) {
    sent += 2 ** 16;
    if (!endless.write(Buffer.alloc(2 ** 16))) await Promise.race([once(endless, "drain"), answered]);
  }
  expect(await answered).toMatchObject({ status: 413, code: "too-large" });
  endless.destroy();
});

test("a client that vanishes while it sends, or while it waits, leaves nothing behind; its job can be fetched", async () => {
  const { url } = await start({ limits: { mostBodyBytesAtOnce: 2 ** 21, closingSeconds: 0 } });
  const spec = await programOf(url);
  const client = await guest(url, spec);
  const half = Buffer.from(client.client.evaluationKeys.subarray(0, 200_000));
  const received = await metric(url, "he_ml_received_bytes_total");
  for (let i = 1; i <= 30; i++) {
    const vanishing = upload(`${url}/sessions?program=${spec.digest}`, { "content-length": "290000" });
    vanishing.write(half);
    await until(async () => (await metric(url, "he_ml_received_bytes_total")) >= received + i * half.length);
    vanishing.destroy();
  }
  // Together they were more than there is room for.
  const other = await guest(url, spec);
  expect(await metric(url, "he_ml_sessions")).toBe(2);

  const job = randomUUID();
  const leaving = new AbortController();
  const address = `${url}/sessions/${other.session}/jobs/${job}`;
  const asking = fetch(`${address}?wait=30`, {
    ...{ method: "PUT", headers: bytesHeaders, signal: leaving.signal },
    body: other.client.encrypt(image) as BodyInit,
  }).catch(() => undefined);
  await until(async () => (await fetch(address)).status !== 404);
  leaving.abort();
  await asking;
  await expectRight(other, await fetch(`${address}?wait=30`));
});

test("HTTPS with a certificate, for who has a token", async () => {
  const folder = await temporaryFolder();
  const [cert, key, tokens] = ["cert.pem", "key.pem", "tokens.txt"].map((name) => join(folder.path, name));
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"];
  const newKey = ["-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
  await promisify(execFile)("openssl", ["req", ...newKey, ...subject, "-keyout", key, "-out", cert]);
  await writeFile(tokens, "correct-horse-battery\n");
  const { url } = await start({}, ["--tls-cert", cert, "--tls-key", key, "--token-file", tokens]);
  expect(url).toMatch(/^https:/);
  const ca = await readFile(cert);
  const statusOf = async (authorization: string) => {
    const sent = httpsRequest(`${url}/models`, { ca, headers: { authorization } }).end();
    const [answer] = (await once(sent, "response")) as [IncomingMessage];
    answer.resume();
    return answer.statusCode;
  };
  expect(await statusOf("Bearer correct-horse-battery")).toBe(200);
  expect(await statusOf("Bearer wrong-horse-battery")).toBe(401);
  const client = join(folder.path, "client.json");
  await writeFile(client, JSON.stringify({ address: url, net: "tiny" }));
  expect(await run(["request", client])).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(
      /^he-ml: https:.* a certificate that is not trusted here: self-signed certificate.*NODE_EXTRA_CA_CERTS/,
    ),
  });
  await folder.remove();
});

test("another host is warned of; one that is not this machine's is refused, and so is a port that is taken", async () => {
  const { url } = await start();
  const taken = await run(["serve", "--port", new URL(url).port]);
  expect(taken).toMatchObject({ status: 2, stdout: "" });
  expect(taken.stderr).toMatch(
    /he-ml: serve: 127\.0\.0\.1:\d+ cannot be listened on \(EADDRINUSE\); [^\n]+\n$/,
  );
  // Of a network that no machine has.
  const elsewhere = await run(["serve", "--port", "0", "--host", "192.0.2.1"]);
  expect(elsewhere).toMatchObject({ status: 2, stdout: "" });
  expect(elsewhere.stderr).toMatch(
    /^he-ml: serve: 192\.0\.2\.1 is open to other machines, without TLS and tokens/,
  );
  expect(elsewhere.stderr).toMatch(/cannot be listened on \(EADDRNOTAVAIL\)/);
});

test("a server that was killed knows no session any more, and says so", async () => {
  const first = await start();
  const spec = await programOf(first.url);
  const client = await guest(first.url, spec);
  const { port } = new URL(first.url);
  first.child.kill("SIGKILL");
  await first.finished;
  const { url } = await start({}, ["--port", port]);
  expect(await refusalIn(await putImage({ ...client, url }, { job: randomUUID() }))).toMatchObject({
    ...{ status: 404, code: "unknown-session" },
  });
  const keys = { method: "POST", headers: bytesHeaders, body: client.client.evaluationKeys as BodyInit };
  const opening = await fetch(`${url}/sessions?program=${spec.digest}`, keys);
  expect(await refusalIn(opening)).toMatchObject({ status: 404, code: "unknown-program" });
  // The same program again, and the same keys.
  await programOf(url);
  const answer = await fetch(`${url}/sessions?program=${spec.digest}`, keys);
  const { session } = (await answer.json()) as { session: string };
  await expectRight(client, await putImage({ ...client, url, session }, { job: randomUUID() }));
});
