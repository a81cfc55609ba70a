import { expect, test } from "@jest/globals";
import { Client, Program, Server } from "../../../../src/he-ml/index.js";
import { serveOnce } from "../../../../src/notebook/exercises/lesson-10/serve-once.js";
import { attempt, expectRefused, expectUntouchedRefused, replayAttempt } from "../attempts.js";

type Answer = (json: unknown, keys: Uint8Array, request: Uint8Array) => Promise<Uint8Array>;

const solution: Answer = async (programJson, evaluationKeys, request) => {
  const server = await Server.start(Program.fromJSON(programJson), { threads: 0 });
  const session = await server.connect(evaluationKeys);
  const { response } = await session.run(request);
  await server.close();
  return response;
};

test("the solution passes, and an untouched stub is none", async () => {
  expect(await attempt(serveOnce, solution)).toEqual({
    passed: true,
    says: "2 clients, each under its own key",
  });
  await expectUntouchedRefused(serveOnce);
});

const withTraces = (async (...[programJson, evaluationKeys, request]: Parameters<Answer>) => {
  const server = await Server.start(Program.fromJSON(programJson), { threads: 0 });
  return (await server.connect(evaluationKeys)).run(request);
}) as unknown as Answer;

const ofOneSession = (): Answer => {
  let first: Promise<Uint8Array> | undefined;
  return (...given) => (first ??= solution(...given));
};

const withSecret: Answer = async (programJson, evaluationKeys, request) => {
  await Client.create(Program.fromJSON(programJson).clientSpec, { security: "teaching" });
  return solution(programJson, evaluationKeys, request);
};

test.each<[string, Answer, RegExp]>([
  ["response and traces", withTraces, /^client 1: what came back is \{ response, traces \}; .* alone/],
  [
    "the request itself",
    async (_, __, request) => request,
    /^client 1: what came back is the request itself/,
  ],
  ["one answer for all", ofOneSession(), /^client 2: what came back is under another client's key: /],
  ["a key of its own", withSecret, /^its text has Client in it: a server has no use/],
  [
    "text",
    (async () => "7") as unknown as Answer,
    /^client 1: what came back is '7', and not the response's/,
  ],
  [
    "junk",
    async () => new Uint8Array(10),
    /^encrypted tensor: expected bytes that begin with HEML, got 10 others/,
  ],
  [
    "another client's keys",
    async (json, _, request) => solution(json, request, request),
    /^serveOnce threw InputError: /,
  ],
])("%s: refused, and why", (_, answer, says) => expectRefused(serveOnce, answer, says));

test("a comment may name what the code does not use", async () => {
  const commented: Answer = async (...given) => {
    /* no SecretContext */
    return solution(...given); // and no Client
  };
  expect(String(commented)).toContain("SecretContext");
  expect(await attempt(serveOnce, commented)).toMatchObject({ passed: true });
});

test("what answers other questions does not pass", async () => {
  expect(await replayAttempt(serveOnce, solution)).toMatchObject({ passed: false });
});
