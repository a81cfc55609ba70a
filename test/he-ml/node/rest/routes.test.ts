import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { randomUUID } from "node:crypto";
import { InputError, modelForward, tensor } from "../../../../src/he-ml/index.js";
import {
  errorCodes,
  routes,
  type Programs,
  type SessionInfo,
} from "../../../../src/he-ml/network/protocol.js";
import { maxAbsDifference } from "../../support.js";
import { teachingParameters, tinyModel, waves } from "../../../cli/support.js";
import {
  askProgram,
  openSession,
  putJob,
  refusalOf,
  smallApp,
  type Opened,
  type SmallApp,
} from "./support.js";

const image = tensor([1, 1, 6, 6], waves(36, 1));
const plain = modelForward(tinyModel, image).at(-1)!;

interface Operation {
  readonly summary?: string;
  readonly description?: string;
  readonly parameters?: readonly { readonly name: string; readonly description?: string }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: object }>> };
  readonly responses: Readonly<Record<string, { readonly description: string }>>;
}

let small: SmallApp;
let opened: Opened;
beforeAll(async () => {
  small = await smallApp();
  opened = await openSession(small, await askProgram(small));
});
afterAll(() => small.stop());

const get = (url: string) => small.app.inject(url);

test("what it says of itself", async () => {
  expect((await get("/health")).json()).toEqual({ status: "ok" });
  const metrics = await get("/metrics");
  expect(metrics.headers["content-type"]).toMatch(/^text\/plain/);
  expect(metrics.body).toContain("\nhe_ml_sessions 1\n");
  expect(metrics.body).toMatch(
    /\nhe_ml_request_seconds_count\{method="POST",route="\/sessions",status="201"\} 1\n/,
  );
  const received = Number(/\nhe_ml_received_bytes_total (\d+)\n/.exec(metrics.body)![1]);
  expect(received).toBeGreaterThan(opened.client.evaluationKeys.length);
  expect((await get("/docs/")).headers["content-security-policy"]).toContain("default-src 'self'");
});

test("the document lists every route, and says of each what it takes and how it refuses", async () => {
  const answer = await get("/openapi.json");
  const { openapi, paths } = answer.json<{
    openapi: string;
    paths: Record<string, Record<string, Operation>>;
  }>();
  expect(openapi).toBe("3.1.0");
  const listed = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const addresses = Object.values(routes).filter((route) => route !== routes.docs);
  expect([...new Set(listed.map(({ path }) => path))].sort()).toEqual(
    addresses.map((route) => route.replace(/:(\w+)/g, "{$1}")).sort(),
  );
  for (const { path, method, operation } of listed) {
    const where = `${method} ${path}`;
    const { summary, description, parameters = [], requestBody, responses } = operation;
    const described = [summary, description, ...parameters.map((parameter) => parameter.description)];
    for (const text of described) expect([where, text]).toEqual([where, expect.stringMatching(/\w/)]);
    expect([where, requestBody !== undefined]).toEqual([where, ["post", "put"].includes(method)]);
    for (const [status, { description: why }] of Object.entries(responses)) {
      expect([where, status, why]).not.toContain("Default Response");
    }
  }
  expect(paths["/sessions/{session}/jobs/{job}"].put.requestBody?.content).toMatchObject({
    "application/octet-stream": { schema: { type: "string", format: "binary" } },
  });
  const told = listed.flatMap(({ operation }) =>
    Object.values(operation.responses).flatMap(
      ({ description }) => description.match(/`[a-z-]+`(?=:)/g) ?? [],
    ),
  );
  const codes = errorCodes.filter((code) => code !== "unknown-route").map((code) => `\`${code}\``);
  expect([...new Set(told)].sort()).toEqual(codes.sort());
});

test("models are listed, with their layers", async () => {
  const { models } = (await get("/models")).json<{ models: object[] }>();
  expect(models).toEqual([
    {
      ...{ net: "tiny", aliases: ["TOY"], inputShape: [1, 6, 6], outputShape: [3], reencryptPositions: [] },
      layers: [
        { index: 0, name: "conv1", kind: "convolutional", outputShape: [2, 4, 4] },
        { index: 1, name: "square1", kind: "square", outputShape: [2, 4, 4] },
        { index: 2, name: "pool1", kind: "averagePool", outputShape: [2, 2, 2] },
        { index: 3, name: "flatten", kind: "flatten", outputShape: [8] },
        { index: 4, name: "fc1", kind: "linear", outputShape: [3] },
      ],
    },
  ]);
});

test("programs: by a model's name in any case, by ranges and packings, in parts, and behind another program", async () => {
  const compile = jest.spyOn(small.engine, "compile").mockImplementation(() => {
    throw new InputError("compile: not here");
  });
  const asked = async (url: string, { app } = small) => {
    expect(refusalOf(await app.inject(url)).message).toBe("compile: not here");
    return compile.mock.lastCall![1];
  };
  expect(await asked("/models/toy?layers=0-1&packing=batch")).toEqual({
    ...{ net: "tiny", layers: [0, 1], packing: "batch" },
  });
  expect(await asked("/models/TINY?layers=3")).toEqual({ net: "tiny", layers: [3] });
  expect(await asked("/models/tiny?reencrypt=2,3")).toEqual({ net: "tiny", reencryptPositions: [2, 3] });
  compile.mockRestore();

  const first = await askProgram(small, { layers: [0, 1], packing: "batch" });
  const rest = await askProgram(small, { packing: "batch", input: first.output });
  expect(rest).toMatchObject({ layers: [2, 3, 4], input: { program: first.digest, end: "output" } });
});

test("re-encryptions that a model asks for, unless the client says otherwise", async () => {
  const asking = await smallApp({ config: { models: [{ name: "tiny", reencryptPositions: [2] }] } });
  const parts = async (request: object) => {
    const payload = { net: "tiny", parameters: teachingParameters, packing: "batch", ...request };
    const answer = await asking.app.inject({ method: "POST", url: "/programs", payload });
    return answer.json<Programs>().programs.map(({ clientSpec }) => clientSpec.layers);
  };
  const halves = [
    [0, 1],
    [2, 3, 4],
  ];
  expect(await parts({})).toEqual(halves);
  expect(await parts({ reencryptPositions: [] })).toEqual([[0, 1, 2, 3, 4]]);
  await asking.stop();
});

test("a job's answer decrypts to the model's; it is there again, with traces, until it is deleted", async () => {
  const job = randomUUID();
  const answer = await putJob(small, opened, image, { job });
  expect(answer.statusCode).toBe(200);
  expect(answer.headers).toMatchObject({
    "content-type": "application/octet-stream",
    "server-timing": "queue;dur=2.0, evaluate;dur=1.0",
  });
  const logits = opened.client.decrypt(answer.rawPayload);
  expect(maxAbsDifference(logits.data, plain.data)).toBeLessThan(0.05);

  const url = `/sessions/${opened.session}/jobs/${job}`;
  expect((await get(url)).rawPayload.equals(answer.rawPayload)).toBe(true);
  expect((await get(url.replace(job, job.toUpperCase()))).statusCode).toBe(200);
  const traces = (await get(`${url}/traces`)).json<{ traces: unknown[] }>();
  expect(traces).toMatchObject({ milliseconds: { queue: 2, evaluate: 1 } });
  expect(traces.traces.length).toBeGreaterThan(0);
  expect((await small.app.inject({ method: "DELETE", url })).statusCode).toBe(204);
  expect(refusalOf(await get(url))).toMatchObject({ status: 404, code: "unknown-job" });
});

test("a job that takes its time is asked for again, and the same body under its number is no other job", async () => {
  let open: () => void = () => undefined;
  small.engine.gate = new Promise((resolve) => (open = resolve));
  const job = randomUUID();
  const url = `/sessions/${opened.session}/jobs/${job}`;
  const bytes = Buffer.from(opened.client.encrypt(image));
  const put = (payload: Buffer) =>
    small.app.inject({
      method: "PUT",
      url,
      payload,
      headers: { "content-type": "application/octet-stream" },
    });
  const waiting = await put(bytes);
  expect(waiting.statusCode).toBe(202);
  expect(waiting.json()).toEqual({ job, state: "queued", before: 0 });
  expect((await get(`${url}/traces`)).statusCode).toBe(202);
  expect(refusalOf(await put(Buffer.from(opened.client.encrypt(image))))).toMatchObject({
    status: 409,
    code: "job-exists",
  });
  const later = get(`${url}?wait=30`);
  open();
  small.engine.gate = Promise.resolve();
  expect((await later).statusCode).toBe(200);
  expect((await put(bytes)).statusCode).toBe(200);
});

test("a session is what it was opened for, until it is closed; a job belongs to its session", async () => {
  const other = await openSession(small, opened.client.spec);
  const info = (await get(`/sessions/${other.session}`)).json<SessionInfo>();
  expect(info).toMatchObject({ session: other.session, program: opened.client.spec.digest });
  const job = randomUUID();
  expect((await putJob(small, opened, image, { job })).statusCode).toBe(200);
  expect(refusalOf(await get(`/sessions/${other.session}/jobs/${job}`)).code).toBe("unknown-job");
  const url = `/sessions/${other.session}`;
  expect((await small.app.inject({ method: "DELETE", url })).statusCode).toBe(204);
  expect(refusalOf(await get(url))).toMatchObject({ status: 404, code: "unknown-session" });
  expect(refusalOf(await putJob(small, other, image, { job })).code).toBe("unknown-session");
});
