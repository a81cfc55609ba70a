import { payloadLength } from "../crypto/byte-format.js";
import type { EvaluatorChoice } from "../crypto/choose-evaluator.js";
import { sameParameters } from "../crypto/parameters.js";
import { InputError } from "../errors.js";
import type { LayerTrace } from "../layers/trace.js";
import { Program } from "../program/program.js";
import { errorStatistics } from "../tensor/error-statistics.js";
import type { Tensor } from "../tensor/tensor.js";
import { Client } from "./client.js";
import type { InferOptions } from "./infer-options.js";
import { reencryptionTrace } from "./reencryption-trace.js";
import type { Server } from "./server.js";
import type { Session } from "./session.js";
import { timed } from "./timed.js";

/** What the run of one part gave and took. */
export interface RanPart {
  readonly threads: number;
  readonly evaluator: EvaluatorChoice;
  /** Those of its layers, behind that of the re-encryption where it is not the first part. */
  readonly traces: readonly LayerTrace[];
  readonly milliseconds: {
    readonly keys: number;
    readonly server: number;
    readonly encrypt: number;
    readonly decrypt: number;
  };
  readonly bytes: { readonly input: number; readonly output: number; readonly evaluationKeys: number };
}

/**
 * The parts of a model: one program, or several that follow each other, each from a fresh encryption.
 *
 * @throws InputError unless they are
 */
export function requireParts(program: Program | readonly Program[]): readonly Program[] {
  const parts: readonly unknown[] = Array.isArray(program) ? program : [program];
  if (parts.length === 0) throw new InputError(`infer: expected a Program, got an empty list`);
  parts.forEach((part, index): void => {
    Program.require("infer", part);
    const before = parts[index - 1] as Program | undefined;
    if (!before) return;
    const follows =
      part.model === before.model &&
      part.packing === before.packing &&
      part.layers[0] === before.layers.at(-1)! + 1 &&
      part.content.input === undefined &&
      sameParameters(part.parameters, before.parameters);
    if (follows) return;
    throw new InputError(
      `infer: program ${index} does not go on behind the one before it: expected layers from ` +
        `${before.layers.at(-1)! + 1} on, of the same model, packing and parameters, freshly encrypted; ` +
        `compile them together, with compileParts`,
    );
  });
  return parts as readonly Program[];
}

/**
 * Runs the parts one after the other, each on a server of its own; one client with one secret key decrypts and encrypts
 * afresh between them.
 *
 * @param plain the images, and behind each part what its layers make of them in the clear
 * @returns what the last part gave, decrypted
 */
export async function runParts(
  servers: Pick<typeof Server, "start">,
  parts: readonly Program[],
  plain: readonly Tensor[],
  options: InferOptions,
): Promise<{ readonly logits: Tensor; readonly ran: readonly RanPart[] }> {
  const ran: RanPart[] = [];
  const { security } = parts[0].parameters;
  const creating = () =>
    Client.create(parts[0].clientSpec, { security: security === "teaching" ? security : undefined });
  let [client, clientMilliseconds] = await timed(creating);
  let values = plain[0];
  for (const [index, part] of parts.entries()) {
    if (index > 0) {
      client = client.inPart(part.clientSpec);
      clientMilliseconds = 0;
    }
    const [decrypted, result] = await runPart(servers, part, client, values, plain[index], options);
    const { keys } = result.milliseconds;
    const milliseconds = { ...result.milliseconds, keys: keys + clientMilliseconds };
    const between =
      index === 0
        ? []
        : [
            reencryptionTrace(part.model.layers[part.layers[0]], part, {
              left: ran[index - 1].traces.at(-1)!,
              milliseconds: ran[index - 1].milliseconds.decrypt + milliseconds.encrypt,
              error: errorStatistics(values, plain[index]),
            }),
          ];
    ran.push({ ...result, milliseconds, traces: [...between, ...result.traces] });
    values = decrypted;
  }
  return { logits: values, ran };
}

async function runPart(
  servers: Pick<typeof Server, "start">,
  part: Program,
  client: Client,
  values: Tensor,
  exact: Tensor,
  { threads, evaluator, signal, onProgress }: InferOptions,
): Promise<[decrypted: Tensor, ran: RanPart]> {
  const [evaluationKeys, keys] = await timed(() => client.evaluationKeys);
  // The server starts while the client encrypts, as two machines would.
  const starting = timed(async () => {
    const server = await servers.start(part, { threads, evaluator });
    return { server, session: await connected(server, evaluationKeys) };
  });
  try {
    const encrypting = timed(() =>
      client.encryptAsync(values, {
        signal,
        onProgress: (done, total) => onProgress?.("encrypt", done, total),
      }),
    );
    const [[request, encrypt], [{ server, session }, serverMilliseconds]] = await Promise.all([
      encrypting,
      starting,
    ]);
    const { response, traces } = await session.run(request, {
      signal,
      onProgress: ({ layer, done, total }) => onProgress?.(layer, done, total),
      twin: client.twin(exact),
    });
    const [decrypted, decrypt] = await timed(() => client.decrypt(response));
    const ran: RanPart = {
      threads: server.threads,
      evaluator: server.evaluator,
      traces,
      milliseconds: { keys, server: serverMilliseconds, encrypt, decrypt },
      bytes: {
        input: payloadLength(request),
        output: payloadLength(response),
        evaluationKeys: payloadLength(evaluationKeys),
      },
    };
    return [decrypted, ran];
  } finally {
    await starting.then(
      ([{ server }]) => server.close(),
      () => undefined,
    );
  }
}

/** A session on a server that is closed where there can be none. */
async function connected(server: Server, keys: Uint8Array): Promise<Session> {
  try {
    return await server.connect(keys);
  } catch (error) {
    await server.close();
    throw error;
  }
}
