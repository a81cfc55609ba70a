import { expect, test } from "@jest/globals";
import { once } from "node:events";
import * as z from "zod";
import { InputError } from "../../../src/he-ml/errors.js";
import { Connection, jsonBody, pathOf, type Ask } from "../../../src/he-ml/network/connection.js";
import { routes } from "../../../src/he-ml/network/protocol.js";
import { RefusedError, UnavailableError } from "../../../src/he-ml/network/service-errors.js";
import { rejectedBy } from "../support.js";
import { fakeServer } from "./fake-server.js";

const get: Ask = { method: "GET", path: "/models", mostBytes: 1000, repeatable: true };
const refusal = (code: string, message: string) => JSON.stringify({ error: { code, message } });

test.each<[string, unknown, string | RegExp]>([
  ["no address", "localhost", 'got "localhost"'],
  ["another protocol", "ftp://host", 'got "ftp://host"'],
  ["a password", "http://me:secret@host", /without a name and a password, got "one with them"; use a token$/],
  ["a query", "http://host/?a=1", "expected an address"],
  ["nothing", undefined, "got undefined"],
])("no server: %s", (_, url, message) => {
  expect(() => Connection.to(url)).toThrow(message);
});

test("a token is sent, and named nowhere; one that no header holds is refused", async () => {
  const seen: (string | undefined)[] = [];
  await using server = await fakeServer(({ headers }, response) => {
    seen.push(headers.authorization);
    response.writeHead(401).end(refusal("unauthorized", "expected a token"));
  });
  const connection = Connection.to(`${server.url}/`, "s3cret-token");
  const error = await rejectedBy(() => connection.ask(get));
  expect(seen).toEqual(["Bearer s3cret-token"]);
  expect(error).toMatchObject({ code: "unauthorized", message: `${server.url}: expected a token` });
  expect(() => Connection.to(server.url, "two words\n")).toThrow(/^token: expected a word/);
});

test("a server that has no room is asked again, as late as it says", async () => {
  await using server = await fakeServer((_, response, count) => {
    if (count > 2) response.end("[1]");
    else response.writeHead(503, { "retry-after": "0.01" }).end(refusal("busy", "the queue is full"));
  });
  expect(await Connection.to(server.url).json(get, z.tuple([z.literal(1)]))).toEqual([1]);
  expect(server.requests).toHaveLength(3);
});

test("what was cut off is asked for again, where that does no harm", async () => {
  await using server = await fakeServer(({ socket }, response, count) => {
    if (count > 1) response.end("[]");
    else socket.destroy();
  });
  expect((await Connection.to(server.url).ask(get)).status).toBe(200);
  await using cutting = await fakeServer(({ socket }) => socket.destroy());
  const once = { ...get, repeatable: false };
  expect(await rejectedBy(() => Connection.to(cutting.url).ask(once))).toBeInstanceOf(UnavailableError);
  expect(cutting.requests).toHaveLength(1);
});

test("a server that is not there is named, with what may be the matter", async () => {
  const { url } = await (async () => {
    await using server = await fakeServer(() => undefined);
    return server;
  })();
  const error = await rejectedBy(() => Connection.to(url).ask({ ...get, repeatable: false }));
  expect(error).toBeInstanceOf(UnavailableError);
  expect((error as Error).message).toMatch(
    /cannot be reached: .*ECONNREFUSED.*; check that the server runs.*\(CORS\)$/,
  );
});

test.each<[string, number, string, string | RegExp]>([
  ["no JSON", 200, "<html>", "its answer: the whole: Invalid input"],
  ["other JSON", 200, "[2]", "its answer: 0: Invalid input"],
  [
    "another server's page",
    404,
    "<html>",
    'got status 404 ("text/html"), not an answer of HE-ML\'s service; check the address',
  ],
  ["a refusal", 400, refusal("bad-request", "no \u001b[31msuch\nlayer"), /: no {1,2}\[31msuch layer$/],
  ["more than there may be", 200, "1".repeat(1001), "expected an answer of at most 1000 bytes, got 1001"],
])("refused: %s", async (_, status, text, message) => {
  await using server = await fakeServer((__, response) => {
    response.writeHead(status, { "content-type": "text/html", "content-length": text.length }).end(text);
  });
  const error = await rejectedBy(() => Connection.to(server.url).json(get, z.tuple([z.literal(1)])));
  expect(error).toBeInstanceOf(InputError);
  expect((error as Error).message).toMatch(message);
  expect(server.requests).toHaveLength(1);
});

test("an answer without an end is cut off where it is longer than it may be", async () => {
  const closed: Promise<unknown>[] = [];
  await using server = await fakeServer((_, response) => {
    closed.push(once(response, "close"));
    const more = () => {
      while (response.write("x".repeat(500)));
    };
    response.on("drain", more);
    more();
  });
  const error = await rejectedBy(() => Connection.to(server.url).ask(get));
  expect((error as Error).message).toContain("at most 1000 bytes, got more");
  await Promise.all(closed);
});

test("nothing is sent on to another address", async () => {
  await using other = await fakeServer((_, response) => response.end("[1]"));
  await using server = await fakeServer((_, response) =>
    response.writeHead(307, { location: other.url }).end(),
  );
  const post: Ask = { ...get, method: "POST", body: jsonBody({}) };
  expect(await rejectedBy(() => Connection.to(server.url, "token").ask(post))).toMatchObject({
    message: expect.stringContaining("it sends on to another address"),
  });
  expect(other.requests).toEqual([]);
});

test("a server's failure is no refusal", async () => {
  await using server = await fakeServer((_, response) =>
    response.writeHead(500).end(refusal("internal", "a mistake")),
  );
  const error = await rejectedBy(() => Connection.to(server.url).ask(get));
  expect(error).toBeInstanceOf(UnavailableError);
  expect(error).not.toBeInstanceOf(RefusedError);
});

test("a request can be stopped at any moment", async () => {
  await using server = await fakeServer(() => stop.abort(new Error("enough")));
  const stop = new AbortController();
  const error = await rejectedBy(() => Connection.to(server.url).ask({ ...get, signal: stop.signal }));
  expect(error).toMatchObject({ message: "enough" });
  expect(server.requests).toHaveLength(1);
});

test("names are put into an address such that they stay one part of it", () => {
  expect(pathOf(routes.job, { session: "a", job: "../b?c" })).toBe("/sessions/a/jobs/..%2Fb%3Fc");
});
