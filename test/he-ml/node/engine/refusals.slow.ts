import { afterAll, beforeAll, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { InputError, tensor, type Client } from "../../../../dist/he-ml/node/index.js";
import { keysFromBytes, keysToBytes } from "../../../../dist/he-ml/crypto/key-bytes.js";
import { checkParameters } from "../../../../dist/he-ml/crypto/parameters.js";
import {
  tensorFromBytes,
  tensorToBytes,
  type TensorMessage,
} from "../../../../dist/he-ml/crypto/tensor-bytes.js";
import type { Engine } from "../../../../dist/he-ml/engine/engine.js";
import type { HeldProgram } from "../../../../dist/he-ml/engine/engine-types.js";
import { digestOf } from "../../../../dist/he-ml/program/digest.js";
import { startLocalEngine } from "../../../../dist/he-ml/node/engine/start-engine.js";
import { temporaryFolder, writeModel } from "../../../cli/support.js";
import {
  answerOf,
  clientOf,
  inputErrorOf,
  newSession,
  outcomeOf,
  refusalOf,
  smallModel,
  smallRequest,
  workerPids,
} from "./support.js";

const image = tensor([1, 4], [0.5, -0.25, 1, 0]);

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let engine: Engine;
let programs: readonly HeldProgram[];
let one: Awaited<ReturnType<typeof newSession>>;
let request: Uint8Array;

beforeAll(async () => {
  folder = await temporaryFolder();
  const model = { net: "small", path: await writeModel(folder.path, smallModel) };
  engine = await startLocalEngine({ processes: 2 });
  const requests = [
    smallRequest,
    { ...smallRequest, packing: "scalar" as const },
    { ...smallRequest, parameters: { ...smallRequest.parameters, coeffModulusBits: [36, 35, 37] } },
  ];
  const compiled = [];
  for (const asked of requests) compiled.push(...(await engine.compile(model, asked)).programs);
  programs = compiled;
  one = await newSession(engine, programs[0]);
  request = one.input(image);
});

afterAll(async () => {
  // Nothing of all that brought down a process.
  const { processes } = await engine.status();
  expect(processes).toEqual({ alive: 2, replaced: 0 });
  expect((await answerOf(engine, one.session, request)).length).toBeGreaterThan(0);
  await engine[Symbol.asyncDispose]();
  expect(workerPids()).toEqual([]);
  await folder.remove();
});

/** The request, with something else in its header or ciphertexts. */
function changed(change: Partial<TensorMessage>): Uint8Array {
  const { level, scale, program, end, key, ...rest } = { ...tensorFromBytes(request), ...change };
  return tensorToBytes(rest, { level, scale }, { program, end, key });
}

const first = (edit: (bytes: Uint8Array) => void) => {
  const { ciphertexts } = tensorFromBytes(request);
  const edited = ciphertexts[0].slice();
  edit(edited);
  return changed({ ciphertexts: [edited, ...ciphertexts.slice(1)] });
};

const bytesFor = async (program: HeldProgram): Promise<Uint8Array> =>
  (await clientOf(program)).encrypt(image);

test.each<[string, () => Uint8Array | Promise<Uint8Array>, RegExp]>([
  [
    "another program",
    () => bytesFor(programs[1]),
    /the input of program [0-9a-f]+…, got the input of program/,
  ],
  [
    "other parameters",
    () => bytesFor(programs[2]),
    /the input of program [0-9a-f]+…, got the input of program/,
  ],
  [
    "another client",
    () => bytesFor(programs[0]),
    /expected an encrypted tensor under key .* it is another client's/,
  ],
  ["another end", () => changed({ end: "output" }), /expected .* the input of program .* got the output/],
  ["another level", () => changed({ level: 1 }), /expected ciphertexts at level 2 .* got level 1/],
  ["another scale", () => changed({ scale: 2 ** 20 }), /expected ciphertexts at .* and scale/],
  ["another shape", () => changed({ shape: [2, 2] }), /expected images of/],
  [
    "one ciphertext less",
    () => changed({ ciphertexts: tensorFromBytes(request).ciphertexts.slice(1) }),
    /ciphertexts/,
  ],
  ["more images than slots", () => changed({ images: 5000 }), /at most 2048 images/],
  [
    "a ciphertext that is cut",
    () => changed({ ciphertexts: tensorFromBytes(request).ciphertexts.map((c) => c.slice(1)) }),
    /expected ciphertexts of \d+ bytes/,
  ],
  ["ciphertexts of zeros", () => first((bytes) => bytes.fill(0)), /damaged|expected/],
  [
    "coefficients beyond the primes",
    () => first((bytes) => bytes.fill(0xff, 1000, 2000)),
    /damaged|made under other parameters/,
  ],
])("what does not belong to its session is refused by name: %s", async (_, bytes, message) => {
  expect(await refusalOf(engine, one.session, await bytes())).toMatch(message);
});

test("a transparent ciphertext, as a first program's answer, is refused by the one that goes on with it", async () => {
  const model = { net: "small", path: folder.path };
  const [head] = (await engine.compile(model, { ...smallRequest, layers: [0] })).programs;
  const goingOn = { ...smallRequest, parameters: undefined, input: head.clientSpec.output };
  const [tail] = (await engine.compile(model, goingOn)).programs;
  const { client, session } = await newSession(engine, head);
  const next = client.continuedBy(JSON.parse(JSON.stringify(tail.clientSpec)));
  const last = await engine.openSession(tail, next.evaluationKeys);
  const between = await answerOf(engine, session, client.encrypt(image));
  expect((await outcomeOf(engine, last, between)).state).toBe("done");
  const { level, scale, program, end, key, ...rest } = tensorFromBytes(between);
  const ciphertexts = rest.ciphertexts.map((bytes) => {
    const transparent = bytes.slice();
    // The second of two polynomials.
    return transparent.fill(0, transparent.length - level * 4096 * 8);
  });
  const bytes = tensorToBytes({ ...rest, ciphertexts }, { level, scale }, { program, end, key });
  expect(await refusalOf(engine, last, bytes)).toMatch(/transparent/);
});

test("an output that no program has, with a checksum that fits, is refused where what follows is no number", async () => {
  const model = { net: "small", path: folder.path };
  const packed = { net: "small", packing: "packed" } as const;
  const [head] = (await engine.compile(model, { ...packed, layers: [0] })).programs;
  const { checksum, ...output } = head.clientSpec.output;
  expect(digestOf(output)).toBe(checksum);
  for (const forged of [{ scale: 5e-324 }, { predictedError: 1e308 }]) {
    const input = { ...output, ...forged };
    const goingOn = { ...packed, input: { ...input, checksum: digestOf(input) } };
    expect(await inputErrorOf(() => engine.compile(model, goingOn))).toMatch(
      /^input: with its scale and predicted error/,
    );
  }
});

test("200 requests with flipped bits or cut off: computed or refused, with a reason", async () => {
  const tally = { done: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 255 }), fc.nat(9), async (at, flip, cut) => {
      const bytes = cut === 0 ? request.slice(0, at % request.length) : request.slice();
      // Half of them in header and heads.
      bytes[at % (at % 2 ? bytes.length : Math.min(1000, bytes.length))] ^= flip;
      const outcome = await outcomeOf(engine, one.session, bytes);
      if (outcome.state !== "done" && outcome.state !== "refused") throw new Error(JSON.stringify(outcome));
      if (outcome.state === "refused") expect(outcome.reason).toMatch(/^[^\n]{20,}$/);
      tally[outcome.state]++;
    }),
    { numRuns: 200, seed: 11 },
  );
  expect(tally.done).toBeGreaterThan(0);
  expect(tally.refused).toBeGreaterThan(0);
});

test("keys that are damaged, of another program or other parameters are refused", async () => {
  const keys = one.client.evaluationKeys;
  const open = (bytes: Uint8Array) => inputErrorOf(() => engine.openSession(programs[0], bytes));
  const other = async (program: HeldProgram): Promise<Client> => clientOf(program);
  expect(await open((await other(programs[1])).evaluationKeys)).toMatch(/made for program/);
  const { digest, clientSpec } = programs[0];
  const parameters = checkParameters(clientSpec.parameters);
  const message = keysFromBytes(keys.slice(), parameters, digest, clientSpec);
  expect(await open(keys.slice(0, -1))).toMatch(/evaluation keys/);
  expect(await open(new Uint8Array(keys.length))).toMatch(/begin with HEML/);
  const relinKeys = message.keys.relinKeys!.slice();
  relinKeys.fill(0xff, 300, 3000);
  const forged = keysToBytes(parameters, { ...message, keys: { ...message.keys, relinKeys } });
  expect(await open(forged)).toMatch(/damaged|other parameters/);
});

test("layers of the original's request are refused without a session that is open", async () => {
  const layers = {
    ...{ layers: [0], parameters: smallRequest.parameters, images: 1, shape: [4], session: "0".repeat(32) },
    keys: { publicKey: false, relinKeys: false },
  };
  const model = { net: "small", path: folder.path };
  await expect(engine.runLayers(model, layers, "layers", [], "owner")).rejects.toBeInstanceOf(InputError);
});
