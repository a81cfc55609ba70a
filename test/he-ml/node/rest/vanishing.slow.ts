import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { once } from "node:events";
import { Agent, get, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import { SecretContext, checkParameters, tensor } from "../../../../src/he-ml/index.js";
import { nest } from "../../../../src/he-ml/network/nested-base64.js";
import { limitsSchema } from "../../../../src/he-ml/rest/limits.js";
import { teachingParameters, waves } from "../../../cli/support.js";
import { askProgram, bytesHeaders, openSession, smallApp, type SmallApp } from "./support.js";

// Over a socket: who is gone is seen there only.

let small: SmallApp;
let url: string;
beforeAll(async () => {
  small = await smallApp({ limits: limitsSchema.parse({ sendSeconds: 0.5, closingSeconds: 0 }) });
  url = await small.app.listen({ port: 0 });
});
afterAll(() => small.stop());

const image = tensor([1, 1, 6, 6], waves(36, 1));

/** Until the server has seen that the client is gone. */
async function connectionsClosed(): Promise<void> {
  const count = promisify(small.app.server.getConnections.bind(small.app.server)) as () => Promise<number>;
  while ((await count()) > 0) await setTimeout(5);
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await setTimeout(5);
}

test("what the original's request asks for is given up with who asked", async () => {
  const { ciphertexts } = (await SecretContext.create(checkParameters(teachingParameters))).encrypt(image, {
    packing: "scalar",
  });
  const texts = ciphertexts.map((bytes) => Buffer.from(bytes).toString("base64"));
  const leaving = new AbortController();
  small.engine.gate = new Promise(() => undefined);
  const asking = fetch(`${url}/compute`, {
    ...{ method: "POST", headers: { "content-type": "application/json" }, signal: leaving.signal },
    body: JSON.stringify({
      ...{ encryption_parameters: [teachingParameters], net: "tiny", layers: [0] },
      data: nest(texts, [1, 1, 6, 6]),
    }),
  }).catch(() => undefined);
  await until(() => small.engine.jobs.size === 1);
  leaving.abort();
  await asking;
  await until(() => small.engine.jobs.size === 0);
  small.engine.gate = Promise.resolve();
});

test("a session whose number nobody learned is closed", async () => {
  const { client } = await openSession(small, await askProgram(small));
  const leaving = new AbortController();
  const { engine } = small;
  const open = engine.openSession.bind(engine);
  const opening = jest.spyOn(engine, "openSession").mockImplementation(async (program, keys) => {
    leaving.abort();
    await connectionsClosed();
    return open(program, keys);
  });
  const closing = jest.spyOn(engine, "closeSession");
  await fetch(`${url}/sessions?program=${client.spec.digest}`, {
    ...{ method: "POST", headers: bytesHeaders, signal: leaving.signal },
    body: client.evaluationKeys as BodyInit,
  }).catch(() => undefined);
  await until(() => closing.mock.calls.length === 1);
  opening.mockRestore();
  closing.mockRestore();
});

test("who does not take in its answers is cut off; who is slow between requests is not", async () => {
  const { port } = new URL(url);
  const socket = connect(Number(port)).on("error", () => undefined);
  // Far more than sockets hold.
  socket.write("GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n".repeat(1000));
  await once(socket, "connect");
  await connectionsClosed();
  socket.destroy();

  const patient = new Agent({ keepAlive: true, maxSockets: 1 });
  const ports = new Set<number | undefined>();
  for (let i = 0; i < 2; i++) {
    const [answer] = (await once(get(`${url}/health`, { agent: patient }), "response")) as [IncomingMessage];
    ports.add(answer.socket.localPort);
    answer.resume();
    await once(answer, "end");
    await setTimeout(1000);
  }
  // The same connection.
  expect(ports.size).toBe(1);
  patient.destroy();
});
