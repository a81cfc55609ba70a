import type { SerializedTensor } from "../crypto/encrypted-tensor.js";
import type { SchemeParameters } from "../crypto/scheme-parameters.js";
import { InputError } from "../errors.js";
import { formatShape, sizeOf, type Shape } from "../tensor/tensor.js";
import { computeBody } from "./compute-body.js";
import {
  ciphertextLengths,
  ciphertextsFromBase64,
  computeAnswerSchema,
  type ComputeAnswer,
  type ComputeRequest,
} from "./compute-message.js";
import type { Ask, Connection } from "./connection.js";
import { unnest } from "./nested-base64.js";
import { routes, timingHeader } from "./protocol.js";
import type { RemoteInference } from "./remote-inference.js";
import type { RemoteOptions } from "./remote-options.js";

/** What a range of layers made of encrypted values, and what that took. */
export interface RemoteComputed {
  /** To be sent to the next range, or decrypted. */
  readonly output: SerializedTensor;
  /** `queue` and `evaluate` are 0 where the server does not tell, and count as upload. */
  readonly milliseconds: Pick<RemoteInference["milliseconds"], "upload" | "queue" | "evaluate" | "download">;
  /** Of the messages, which are JSON with base64 in it. */
  readonly bytes: RemoteInference["bytes"];
}

/** A server works on it for as long as it takes. */
const workMilliseconds = 24 * 3600 * 1000;
/** Around the ciphertexts of an answer, and around each of them. */
const [mostAround, mostAroundEach] = [2 ** 16, 32];

/** What is to be computed. */
export interface ComputeWork {
  readonly request: Omit<ComputeRequest, "data">;
  readonly input: SerializedTensor;
  readonly parameters: SchemeParameters;
  /** Of one image. */
  readonly outputShape: Shape;
}

/** Sends `POST /compute`, and holds the answer against what it must be. */
export async function computeOn(
  server: Connection,
  { request, input, parameters, outputShape }: ComputeWork,
  { signal, onProgress }: Pick<RemoteOptions, "signal" | "onProgress">,
): Promise<RemoteComputed> {
  const expected = [input.images, ...outputShape];
  const longest = 4 * Math.ceil(Math.max(...ciphertextLengths(parameters)) / 3);
  const body = computeBody(request, input.ciphertexts, [input.images, ...input.shape]);
  const ask: Ask = {
    ...{ method: "POST", path: routes.compute, body: { type: "application/json", bytes: body } },
    ...{
      mostBytes: sizeOf(expected) * (longest + mostAroundEach) + mostAround,
      workMilliseconds,
      repeatable: false,
      signal,
    },
    onReceived: (done, total) => onProgress?.({ stage: "download", done, total }),
  };
  onProgress?.({ stage: "upload", done: 0, total: body.length });
  const { bytes, headers, milliseconds } = await server.ask(ask);
  const answer = server.read(ask, bytes, computeAnswerSchema);
  const { queue, evaluate } = timings(headers.get(timingHeader));
  const keys = Object.values(request.keys ?? {}).reduce((sum, text) => sum + text.length, 0);
  return {
    output: await outputOf(server, answer, expected, parameters),
    milliseconds: {
      upload: Math.max(0, milliseconds.head - queue - evaluate),
      queue,
      evaluate,
      download: milliseconds.body,
    },
    bytes: { input: body.length - keys, output: bytes.length, evaluationKeys: keys },
  };
}

async function outputOf(
  { url }: Connection,
  { data, scale }: ComputeAnswer,
  expected: Shape,
  parameters: SchemeParameters,
): Promise<SerializedTensor> {
  const { texts, shape: got } = unnest(`${url}: data`, data);
  if (formatShape(got) !== formatShape(expected)) {
    throw new InputError(
      `${url}: expected ciphertexts of ${formatShape(expected)}, got ${formatShape(got)}; do not use this server`,
    );
  }
  if ((parameters.scheme === "bfv") !== (scale !== undefined)) {
    throw new InputError(
      `${url}: expected a scale beside BFV ciphertexts, and beside no others; do not use this server`,
    );
  }
  const [images, ...shape] = expected;
  const ciphertexts = await ciphertextsFromBase64(texts, parameters);
  return { packing: "scalar", images, shape, ciphertexts, ...(scale !== undefined && { scale }) };
}

/** Milliseconds that a server tells: `queue;dur=1.2, evaluate;dur=20.1`. */
function timings(header: string | null): { readonly queue: number; readonly evaluate: number } {
  const told = (name: string) =>
    Number(new RegExp(`\\b${name};dur=(\\d+(?:\\.\\d+)?)`).exec(header ?? "")?.[1] ?? 0);
  return { queue: told("queue"), evaluate: told("evaluate") };
}
