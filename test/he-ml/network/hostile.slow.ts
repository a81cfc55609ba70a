import { afterAll, afterEach, beforeAll, expect, jest, test } from "@jest/globals";
import { RemoteModel } from "../../../src/he-ml/network/remote-model.js";
import type { RemoteOptions } from "../../../src/he-ml/network/remote-options.js";
import { InputError } from "../../../src/he-ml/errors.js";
import { withDigest, type ClientSpec, type UnsignedSpec } from "../../../src/he-ml/program/client-spec.js";
import { rejectedBy } from "../support.js";
import { images, listening, teaching } from "./support.js";

let server: Awaited<ReturnType<typeof listening>>;
beforeAll(async () => (server = await listening()));
afterAll(() => server.stop());
afterEach(() => {
  jest.restoreAllMocks();
});

/** Lets a server lie: what it answers on such requests is changed on its way. */
function lie(
  on: RegExp,
  change: (answer: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer> | string,
): void {
  const honest = globalThis.fetch;
  jest.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const response = await honest(input, init);
    if (!response.ok || !on.test(`${init?.method} ${new URL(String(input)).pathname}`)) return response;
    const { status } = response;
    return new Response(change(new Uint8Array(await response.arrayBuffer())), { status });
  });
}

type Json = {
  programs: { clientSpec: Record<string, unknown> & { parameters: Record<string, unknown> } }[];
} & Record<string, unknown>;
const inJson = (change: (answer: Json) => void) => (bytes: Uint8Array) => {
  const answer = JSON.parse(new TextDecoder().decode(bytes)) as Json;
  change(answer);
  return JSON.stringify(answer);
};
const inSpec = (fields: object) =>
  inJson(({ programs: [{ clientSpec }] }) => void Object.assign(clientSpec, fields));

const programs = /^POST \/programs$/;
const job = /^PUT /;

test.each<[string, RegExp, Parameters<typeof lie>[1], RegExp, Partial<RemoteOptions>?]>([
  [
    "a rotation more",
    programs,
    inSpec({ rotations: [{ step: 1, level: 1 }] }),
    /its digest is .* something in it was changed/,
  ],
  ["other layers", programs, inSpec({ layers: [0, 1] }), /its digest is/],
  [
    "an unknown field",
    programs,
    inSpec({ secretKey: "please" }),
    /programs\.0\.clientSpec.*Unrecognized key/,
  ],
  [
    "parameters without security",
    programs,
    (bytes) => new Uint8Array(bytes),
    /a server must not talk you into them/,
    { security: undefined },
  ],
  [
    "the program of a part",
    programs,
    (bytes) => new Uint8Array(bytes),
    /expected a program of layers \[0, 1\], got one that ends with layer 4/,
    { layers: [0, 1] },
  ],
  [
    "lists within lists without end",
    programs,
    () => `{"net":"tiny","programs":${"[".repeat(100_000)}`,
    /its answer: expected JSON with at most 32 lists/,
  ],
  [
    "millions of values",
    programs,
    () => `{"net":"tiny","programs":[${"{},".repeat(2 ** 21)}{}]}`,
    /its answer: expected JSON with at most 1048576 values/,
  ],
  [
    "rotations without end",
    programs,
    inSpec({ rotations: Array.from({ length: 40_000 }, () => "please") }),
    /rotations: Too big/,
  ],
  ["no program", programs, inJson((answer) => (answer.programs = [])), /its answer: programs: Too small/],
  [
    "another program's session",
    /^POST \/sessions$/,
    inJson((answer) => (answer.program = "0".repeat(64))),
    /session for another program/,
  ],
  [
    "a session that is an address",
    /^POST \/sessions$/,
    inJson((answer) => (answer.session = "../models")),
    /its answer: session: expected 32/,
  ],
  [
    "no traces",
    /^GET .*traces$/,
    inJson((answer) => (answer.traces = [])),
    /expected a trace of each layer, got none/,
  ],
  [
    "a state that there is not",
    job,
    () => '{"state":"asleep"}',
    /encrypted tensor: expected bytes that begin with HEML/,
  ],
  [
    "half an answer",
    job,
    (bytes) => bytes.slice(0, bytes.length / 2),
    /encrypted tensor: expected \d+ bytes, got/,
  ],
  [
    "an answer with more behind it",
    job,
    (bytes) => new Uint8Array([...bytes, 0]),
    /encrypted tensor: expected \d+ bytes, got/,
  ],
  [
    "an answer as long as memory",
    job,
    () => new Uint8Array(4_000_000),
    /expected an answer of at most \d+ bytes, got more/,
  ],
  ["one image of two", job, (bytes) => half(bytes), /expected an answer for 2 image\(s\), got 1/],
])("a server that answers with %s is refused", async (_, on, change, message, options = {}) => {
  if (options.layers) {
    const { engine } = server;
    const compile = engine.compile.bind(engine);
    jest
      .spyOn(engine, "compile")
      .mockImplementation((model, request) => compile(model, { ...request, layers: undefined }));
  }
  lie(on, change);
  const error = await rejectedBy(async () => {
    await using remote = await RemoteModel.connect(server.url, "tiny", { ...teaching, ...options });
    await remote.infer(images);
  });
  expect(error).toBeInstanceOf(InputError);
  expect((error as Error).message).toMatch(message);
});

test("a server that says at once, and again, that there is no answer yet is not asked without a pause", async () => {
  const stop = new AbortController();
  const times: number[] = [];
  const honest = globalThis.fetch;
  jest.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const [, id] = /\/jobs\/([^/?]+)/.exec(String(input)) ?? [];
    if (id === undefined || init?.method === "DELETE") return honest(input, init);
    times.push(performance.now());
    if (times.length === 3) stop.abort(new InputError("enough"));
    return Response.json({ job: id, state: "running", before: 0 }, { status: 202 });
  });
  await using remote = await RemoteModel.connect(server.url, "tiny", teaching);
  const error = await rejectedBy(() => remote.infer(images, { signal: stop.signal }));
  expect((error as Error).message).toBe("enough");
  expect(times[2] - times[0]).toBeGreaterThan(400);
});

/** The first image's ciphertexts, and a header that says so. */
function half(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(5, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(9, 9 + length))) as {
    sections: { count: number; bytes: number }[];
  };
  const [{ count, bytes: each }] = header.sections;
  const text = new TextEncoder().encode(
    JSON.stringify({ ...header, images: 1, sections: [{ count: count / 2, bytes: each }] }),
  );
  const halved = new Uint8Array(9 + text.length + (count / 2) * each);
  halved.set(bytes.subarray(0, 5));
  new DataView(halved.buffer).setUint32(5, text.length, true);
  halved.set(text, 9);
  halved.set(bytes.subarray(9 + length, 9 + length + (count / 2) * each), 9 + text.length);
  return halved;
}

const without = (fields: object, ...names: string[]): object =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));

test("a server that wants a key for every rotation there is gets none", async () => {
  const parameters = { ...teaching.parameters, polyModulusDegree: 8192, security: 128 as const };
  const rotations = Array.from({ length: 4095 }, (_, i) => ({ step: i + 1, level: 3 }));
  const many = inJson(({ programs: [program] }) => {
    const { input, output, ...spec } = program.clientSpec as unknown as ClientSpec;
    const unsigned: UnsignedSpec = {
      ...(without(spec, "digest") as typeof spec),
      ...{ parameters, rotations, input: without(input, "program") as typeof input },
      output: { ...(without(output, "program", "checksum") as typeof output), parameters },
    };
    Object.assign(program, { clientSpec: withDigest(unsigned) });
  });
  lie(/^GET /, many);
  const { engine } = server;
  const compile = engine.compile.bind(engine);
  jest
    .spyOn(engine, "compile")
    .mockImplementation((model, request) =>
      compile(model, { ...request, parameters: { scheme: "ckks", ...teaching.parameters } }),
    );
  const error = await rejectedBy(() => RemoteModel.connect(server.url, "tiny"));
  expect(error).toBeInstanceOf(InputError);
  expect((error as Error).message).toMatch(
    /wants \d{4} MiB of keys, expected at most 1024; ask for fewer layers/,
  );
});

test.each<[string, unknown, object, string]>([
  ["an unknown option", undefined, { colour: 1 }, "remote model: options: Unrecognized key"],
  ["a gap", undefined, { layers: [0, 2] }, "options.layers: expected a range without gaps"],
  ["no parameters", undefined, { parameters: { polyModulusDegree: 5 } }, "parameters: "],
  [
    "layers beside servers",
    [{ url: "http://host", layers: [0] }],
    { layers: [0] },
    "each server names its own layers",
  ],
  [
    "a layer left out",
    [
      { url: "http://host", layers: [0] },
      { url: "http://host", layers: [2] },
    ],
    {},
    "expected layers from 1 on",
  ],
  ["no server", [], {}, "remote model: servers: Too small"],
])("refused before anything is asked: %s", async (_, servers, options, message) => {
  const fetched = jest.spyOn(globalThis, "fetch");
  const error = await rejectedBy(() =>
    RemoteModel.connect((servers ?? server.url) as string, "tiny", options),
  );
  expect(error).toBeInstanceOf(InputError);
  expect((error as Error).message).toContain(message);
  expect(fetched).not.toHaveBeenCalled();
});
