import { jest } from "@jest/globals";
import { describeBytes } from "../../../src/he-ml/crypto/byte-format.js";
import { keysFromBytes } from "../../../src/he-ml/crypto/key-bytes.js";
import { checkParameters } from "../../../src/he-ml/crypto/parameters.js";
import { evaluationKeyBytes, type KeyNeeds } from "../../../src/he-ml/crypto/rotation-keys.js";
import { tensorFromBytes } from "../../../src/he-ml/crypto/tensor-bytes.js";
import {
  ciphertextsFromBase64,
  computeParameters,
  computeRequestSchema,
  keysFromBase64,
} from "../../../src/he-ml/network/compute-message.js";
import { unnest } from "../../../src/he-ml/network/nested-base64.js";
import { programRequestSchema } from "../../../src/he-ml/network/protocol.js";
import { readOutputSpec } from "../../../src/he-ml/program/client-spec.js";

/** All that a client sent. */
export interface Sent {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

/** Keeps all that goes out by `fetch`. @param change what goes out instead */
export function recordSent(change: (sent: Sent) => Sent = (sent) => sent): Sent[] {
  const honest = globalThis.fetch;
  const all: Sent[] = [];
  jest.spyOn(globalThis, "fetch").mockImplementation((input, init = {}) => {
    const url = new URL(String(input));
    const sent = change({
      method: init.method ?? "GET",
      path: `${url.pathname}${url.search}`,
      headers: { ...(init.headers as Record<string, string>) },
      body: init.body as Uint8Array | undefined,
    });
    all.push(sent);
    return honest(input, { ...init, body: sent.body as BodyInit | undefined });
  });
  return all;
}

const digits = "[0-9a-f]";
const session = `/sessions/${digits}{32}`;
const job = `${session}/jobs/${digits}{8}(?:-${digits}{4}){3}-${digits}{12}`;

/** What a client may send, and how its body is read: to its last byte, or not at all. */
const known: readonly (readonly [RegExp, ((body: Uint8Array) => void) | undefined])[] = [
  [/^GET \/models$/, undefined],
  [/^GET \/models\/[\w-]+(\?(layers=\d+-\d+|packing=\w+|reencrypt=[\d%2C]+|&)+)?$/, undefined],
  [/^POST \/programs$/, programRequest],
  [new RegExp(`^POST /sessions\\?program=${digits}{64}$`), evaluationKeys],
  [new RegExp(`^PUT ${job}\\?wait=5$`), encryptedTensor],
  [new RegExp(`^GET ${job}\\?wait=5$`), undefined],
  [new RegExp(`^GET ${job}/traces$`), undefined],
  [new RegExp(`^DELETE (${session}|${job})$`), undefined],
  [/^POST \/compute$/, computeRequest],
];

/** @throws Error or InputError unless it is something that a client may send, and nothing beside it */
export function requireKnown({ method, path, headers, body }: Sent): void {
  const kind = known.find(([pattern]) => pattern.test(`${method} ${path}`));
  if (!kind) throw new Error(`it is not known what ${method} ${path} is`);
  const odd = Object.keys(headers).find((name) => !["content-type", "authorization"].includes(name));
  if (odd) throw new Error(`it is not known what header ${odd} is`);
  if ((kind[1] === undefined) !== (body === undefined)) throw new Error(`${method} ${path}: a body, or none`);
  if (body) kind[1]?.(body);
}

const json = (body: Uint8Array): unknown =>
  JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));

function programRequest(body: Uint8Array): void {
  const { input } = programRequestSchema.parse(json(body));
  if (input !== undefined) readOutputSpec(input);
}

function evaluationKeys(body: Uint8Array): void {
  const header = describeBytes(body)!.header as unknown as KeyNeeds & {
    readonly parameters: unknown;
    readonly program: string;
  };
  const parameters = checkParameters(header.parameters);
  keysFromBytes(body, parameters, header.program, header);
  const sections = describeBytes(body)!.sections as { count: number; bytes: number }[];
  const bytes = sections.reduce((sum, run) => sum + run.count * run.bytes, 0);
  if (bytes !== evaluationKeyBytes(parameters, header)) throw new Error("more than evaluation keys");
}

function encryptedTensor(body: Uint8Array): void {
  tensorFromBytes(body);
}

function computeRequest(body: Uint8Array): void {
  const request = computeRequestSchema.parse(json(body));
  const { parameters } = computeParameters(request);
  ciphertextsFromBase64(unnest("data", request.data).texts, parameters);
  if (request.keys) keysFromBase64(request.keys, parameters);
}

/** The bytes of a body, and those that stand in it as base64. */
export function* bytesOf({ path, headers, body = new Uint8Array() }: Sent): Generator<Uint8Array> {
  yield new TextEncoder().encode(JSON.stringify([path, headers]));
  yield body;
  if (headers["content-type"] !== "application/json") return;
  for (const [text] of new TextDecoder().decode(body).matchAll(/[A-Za-z0-9+/_-]{64,}={0,2}/g))
    yield Buffer.from(text, "base64");
}
