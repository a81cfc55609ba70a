import { afterAll, afterEach, beforeAll, expect, jest, test } from "@jest/globals";
// Processes that compute run what is built, and so does the server.
import { compile, infer, loadModel, modelForward } from "../../../dist/he-ml/node/index.js";
import { serve, type RunningServer } from "../../../dist/he-ml/node/rest/serve.js";
import type { SchemeParameters } from "../../../src/he-ml/crypto/scheme-parameters.js";
import { SecretContext } from "../../../src/he-ml/crypto/secret-context.js";
import { RemoteLayers } from "../../../src/he-ml/network/remote-layers.js";
import { RemoteModel } from "../../../src/he-ml/network/remote-model.js";
import type { RemoteInference } from "../../../src/he-ml/network/remote-inference.js";
import { maxAbs, type Tensor } from "../../../src/he-ml/tensor/tensor.js";
import { loadTestImages } from "../../../src/train/load-dataset.js";
import { maxAbsDifference, rejectedBy } from "../support.js";
import { SecretSearch, secretBlocks } from "./secret-search.js";
import { bytesOf, recordSent, requireKnown, type Sent } from "./sent.js";

const names = ["lenet1", "mnist-small", "lenet1-12x12", "breast-cancer"];
const config = { models: names.map((name) => ({ name })) };
let servers: RunningServer[];
beforeAll(async () => {
  servers = await Promise.all([0, 1].map(() => serve({ config, processes: 1 })));
});
afterAll(async () => {
  await Promise.all(servers.map((server) => server.close()));
});

/** Clients' contexts, with the keys that must stay in them. */
const contexts: SecretContext<SchemeParameters>[] = [];
let sent: Sent[];

function record(change?: (sent: Sent) => Sent): void {
  sent = recordSent(change);
  for (const maker of ["create", "fromSecretKey"] as const) {
    const make = SecretContext[maker] as (...given: never[]) => Promise<SecretContext>;
    jest.spyOn(SecretContext, maker).mockImplementation(async (...given: unknown[]) => {
      const context = await make.apply(SecretContext, given as never[]);
      contexts.push(context as SecretContext<SchemeParameters>);
      return context as never;
    });
  }
}

beforeAll(() => record());
afterEach(() => {
  sent.length = 0;
  contexts.length = 0;
});
afterAll(() => {
  jest.restoreAllMocks();
});

/** What is wrong with what was sent: it is of no kind that may be sent, or the secret key is in it. */
function wrongWith(all: readonly Sent[]): string[] {
  const search = new SecretSearch(
    contexts.map((context) => secretBlocks(context.exportSecretKey(), context.parameters)),
  );
  return all.flatMap((each) => {
    const what = `${each.method} ${each.path}`;
    const found = [...bytesOf(each)].flatMap((bytes) => search.find(bytes) ?? []);
    try {
      requireKnown(each);
    } catch (error) {
      found.push(String(error));
    }
    return found.map((reason) => `${what}: ${reason}`);
  });
}

function expectAllKnown(...methods: string[]): void {
  expect(contexts.length).toBeGreaterThan(0);
  expect([...new Set(sent.map(({ method, path }) => `${method} /${path.split(/[/?]/)[1]}`))].sort()).toEqual(
    methods.sort(),
  );
  expect(wrongWith(sent)).toEqual([]);
}

const jobs = ["POST /sessions", "PUT /sessions", "GET /sessions", "DELETE /sessions"];

async function digits(
  model: string,
  count = 2,
): Promise<{ images: Tensor; labels: readonly number[]; plain: Tensor }> {
  const dataset = model === "lenet1-12x12" ? "mnist-12x12" : model === "breast-cancer" ? model : "mnist";
  const { images, labels } = await loadTestImages(
    dataset,
    Array.from({ length: count }, (_, i) => i),
  );
  return { images, labels: [...labels], plain: modelForward(await loadModel(model), images).at(-1)! };
}

function expectLogits(
  { logits, predicted }: RemoteInference,
  { plain, labels }: Awaited<ReturnType<typeof digits>>,
  most = 0.015,
): void {
  expect(maxAbsDifference(logits.data, plain.data) / maxAbs(plain.data)).toBeLessThan(most);
  expect(predicted).toEqual(labels);
}

test.each(["lenet1", "mnist-small"])("%s on a server gives what it gives here", async (net) => {
  const given = await digits(net);
  await using remote = await RemoteModel.connect(servers[0].url, net);
  const inference = await remote.infer(given.images);
  expectLogits(inference, given);
  const local = await infer(await compile(await loadModel(net)), given.images);
  expect(inference.predicted).toEqual(local.results.map(({ predicted }) => predicted));
  expect(inference.traces.map(({ name }) => name)).toEqual(local.layers.map(({ name }) => name));
  // Keys may be others: a server plans by typical costs, and this machine by its own.
  const { input, output } = local.bytes;
  expect(inference.bytes).toMatchObject({ input, output });
  await remote.close();
  expectAllKnown("GET /models", ...jobs);
});

const split = () => [
  { url: servers[0].url, layers: [0, 1, 2, 3] },
  { url: servers[1].url, layers: [4, 5, 6, 7] },
];

test("LeNet-1 is split over two servers", async () => {
  const given = await digits("lenet1");
  await using remote = await RemoteModel.connect(split(), "lenet1");
  const inference = await remote.infer(given.images);
  expectLogits(inference, given);
  expect(inference.traces.map(({ modelLayers }) => modelLayers)).toEqual([[0, 1], [2, 3], [4], [5, 6, 7]]);
  expect(inference.traces.some(({ kind }) => kind === "reencryption")).toBe(false);
  expectAllKnown("GET /models", "POST /programs", "POST /sessions", "PUT /sessions", "GET /sessions");
});

test("values are encrypted afresh on their way, on one server and between two", async () => {
  const given = await digits("lenet1");
  for (const [places, position] of [
    [servers[0].url, 3],
    [split(), 4],
  ] as const) {
    await using remote = await RemoteModel.connect(places, "lenet1", { reencryptPositions: [position] });
    const inference = await remote.infer(given.images);
    expectLogits(inference, given);
    const [trace, ...others] = inference.traces.filter(({ kind }) => kind === "reencryption");
    expect(others).toEqual([]);
    expect(trace.name).toBe(`reencryption before ${position === 3 ? "conv2" : "square2"}`);
    expect(inference.bytes.input).toBeGreaterThan(0);
  }
  expectAllKnown("GET /models", "POST /programs", ...jobs);
});

test("a session that is lost, and a server that begins anew, cost nothing but time", async () => {
  const given = await digits("mnist-small");
  await using server = await serve({ config, processes: 1 });
  await using remote = await RemoteModel.connect(server.url, "mnist-small");
  expectLogits(await remote.infer(given.images), given);
  const [{ path }] = sent.filter(({ method }) => method === "PUT");
  await fetch(`${server.url}${path.split("/jobs")[0]}`, { method: "DELETE" });
  expectLogits(await remote.infer(given.images), given);
  const key = remote.exportSecretKey();
  const { port } = new URL(server.url);
  await server.close();
  await using again = await serve({ config, processes: 1, port: Number(port) });
  expect(again.url).toBe(server.url);
  expectLogits(await remote.infer(given.images), given);
  expect(Buffer.compare(remote.exportSecretKey(), key)).toBe(0);
  expectAllKnown("GET /models", ...jobs);
});

test("a secret key that was kept goes on in another model's place", async () => {
  const given = await digits("mnist-small");
  const first = await RemoteModel.connect(servers[0].url, "mnist-small");
  const secretKey = first.exportSecretKey();
  await first.close();
  await using remote = await RemoteModel.connect(servers[1].url, "mnist-small", { secretKey });
  expectLogits(await remote.infer(given.images), given);
  expect(Buffer.compare(remote.exportSecretKey(), secretKey)).toBe(0);
  expectAllKnown("GET /models", ...jobs);
});

const ckks = {
  polyModulusDegree: 8192,
  coeffModulusBits: [50, 60, 48, 60],
  scaleBits: 20,
  weightScaleBits: 16,
};
const bfv = { m: 4096, p: 1032193, sec: 128, base: 2, rencrypt_positions: [1, 3] };

test.each([
  ["CKKS", "lenet1-12x12", ckks, 5],
  ["BFV", "breast-cancer", bfv, 1],
] as const)("the original's way, in %s, over two servers", async (_, net, set, firstOfSecond) => {
  const given = await digits(net, 1);
  const layers = (await loadModel(net)).layers.map((__, index) => index);
  const remote = await RemoteLayers.create(set);
  const ranges = [
    { url: `${servers[0].url}/compute`, net, layers: layers.slice(0, firstOfSecond) },
    { url: `${servers[1].url}/compute`, net, layers: layers.slice(firstOfSecond) },
  ];
  expectLogits(await remote.infer(ranges, given.images), given);
  expectAllKnown("GET /models", "POST /compute");
});

/** The same bytes, with others over those at a place. */
const with_ = (bytes: Uint8Array, at: number, others: Uint8Array): Uint8Array => {
  const changed = bytes.slice();
  changed.set(others, at);
  return changed;
};

test("a client that sends its key, in whatever form, is found out", async () => {
  const { images } = await digits("mnist-small", 1);
  const remote = await RemoteModel.connect(servers[0].url, "mnist-small");
  await remote.infer(images);
  const layers = await RemoteLayers.create({ ...ckks, polyModulusDegree: 8192 });
  await layers.infer(
    [{ url: servers[0].url, net: "breast-cancer", layers: [0] }],
    (await digits("breast-cancer", 1)).images,
  );
  await remote.close();
  expect(wrongWith(sent)).toEqual([]);
  const put = sent.find(({ method }) => method === "PUT")!;
  const compute = sent.find(({ path }) => path === "/compute")!;
  const [own] = contexts;
  const key = own.exportSecretKey();
  const forms = secretBlocks(key, own.parameters);
  const together = (form: string) => Buffer.concat(forms.get(form)!.slice(3, 6));
  const inJson = (text: string) => {
    const body = JSON.parse(new TextDecoder().decode(compute.body)) as { data: string[][] };
    body.data[0][3] = Buffer.from(
      with_(Buffer.from(body.data[0][3], "base64"), 1001, Buffer.from(text, "latin1")),
    ).toString("base64");
    return new TextEncoder().encode(JSON.stringify(body));
  };
  const leaks: Record<string, Sent> = {
    "behind the ciphertexts": { ...put, body: Buffer.concat([put.body!, key]) },
    "a window of 64 bytes": { ...put, body: with_(put.body!, 100_003, key.subarray(5021, 5085)) },
    "in base64 within JSON": {
      ...compute,
      body: inJson(Buffer.from(key.subarray(2000, 2064)).toString("latin1")),
    },
    "in a header": { ...put, headers: { ...put.headers, "x-note": "key" } },
    "in an address": { ...put, path: `${put.path}&key=1` },
  };
  for (const form of forms.keys()) leaks[form] = { ...put, body: with_(put.body!, 70_001, together(form)) };
  for (const [name, leak] of Object.entries(leaks)) {
    expect([name, wrongWith([leak]).length]).not.toEqual([name, 0]);
  }
});

test("a client that appends its key on the way is found out, and refused by the server", async () => {
  const { images } = await digits("mnist-small", 1);
  jest.restoreAllMocks();
  record((each) =>
    each.method === "PUT"
      ? { ...each, body: Buffer.concat([each.body!, contexts[0].exportSecretKey()]) }
      : each,
  );
  await using remote = await RemoteModel.connect(servers[0].url, "mnist-small");
  expect(await rejectedBy(() => remote.infer(images))).toMatchObject({
    code: expect.stringMatching(/bad-request|too-large/),
  });
  expect(wrongWith(sent).join()).toMatch(/PUT .*the exported key/);
});
