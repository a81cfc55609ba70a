import { Command } from "commander";
import { describeBytes, payloadLength } from "../he-ml/crypto/byte-format.js";
import { writeWholeFile } from "../he-ml/node/files/whole-file.js";
import { readUserFile } from "../he-ml/node/files/user-file.js";
import { Server } from "../he-ml/node/server.js";
import { timed } from "../he-ml/service/timed.js";
import { InputError } from "../he-ml/errors.js";
import { megabytes } from "../viz/units.js";
import { layerRange, wholeNumber } from "./arguments.js";
import type { CommandIo } from "./command-io.js";
import { requireWritableFile } from "./files.js";
import { programOfKeys } from "./program-of-keys.js";
import { startProgress } from "./progress.js";

interface EvaluateOptions {
  readonly model: string;
  readonly public: string;
  readonly in: string;
  readonly out: string;
  readonly layers?: readonly number[];
  readonly threads?: number;
  readonly json?: boolean;
}

/** Keys of large networks have hundreds of megabytes, and so have encrypted batches. */
export const mostMebibytes = 4096;

/** `he-ml evaluate`: a network on encrypted images, without any key that decrypts. */
export function evaluateCommand(io: CommandIo): Command {
  return new Command("evaluate")
    .description("run a network on encrypted images, without the key")
    .requiredOption(
      "--model <M>",
      "a model file, the name of a folder under models/, or a program that explain --program wrote",
    )
    .requiredOption("--public <file>", "the client's evaluation keys, as keygen wrote them")
    .requiredOption("--in <file>", "encrypted images, as encrypt wrote them")
    .requiredOption("--out <file>", "write the encrypted answer here")
    .option("--layers <range>", "the layers that the client's specification speaks of, as 0-3", layerRange)
    .option("--threads <n>", "worker threads", wholeNumber(1, 256))
    .option("--json", "print milliseconds, bytes and layers as JSON")
    .action((options: EvaluateOptions) => run(options, io));
}

async function run(options: EvaluateOptions, { stdout, stderr, signal }: CommandIo): Promise<void> {
  const { model, layers, threads } = options;
  const read = async (what: string, path: string) =>
    new Uint8Array(await readUserFile(what, path, mostMebibytes));
  const keys = await read("--public", options.public);
  const input = await read("--in", options.in);
  requireKind("--public", options.public, keys, "evaluation keys");
  requireKind("--in", options.in, input, "encrypted tensor");
  await requireWritableFile("--out", options.out);
  const [program, compiling] = await timed(() => programOfKeys(model, keys, input, layers));
  const [{ server, session }, starting] = await timed(async () => {
    const server = await Server.start(program, { threads });
    return { server, session: await server.connect(keys) };
  });
  const progress = startProgress(stderr);
  try {
    const [{ response, traces }, evaluate] = await timed(() =>
      session.run(input, {
        signal,
        onProgress: ({ layer, done, total }) => progress.update(layer, done, total),
      }),
    );
    await writeWholeFile(options.out, response);
    const bytes = {
      evaluationKeys: payloadLength(keys),
      input: payloadLength(input),
      output: payloadLength(response),
    };
    const milliseconds = { compile: compiling, server: starting, evaluate };
    progress.stop();
    stdout.write(
      options.json
        ? `${JSON.stringify({ milliseconds, bytes, layers: traces })}\n`
        : `${program.model.name}: evaluated in ${evaluate.toFixed(0)} ms, without the key ` +
            `(compile ${(compiling / 1000).toFixed(1)} s, server start ${(starting / 1000).toFixed(1)} s): ` +
            `${options.out} (${megabytes(response.length)})\n`,
    );
  } finally {
    progress.stop();
    await server.close();
  }
}

const remedies = {
  "--public": "take the file that keygen wrote for --public, and keep the secret one away from here",
  "--in": "take the file that encrypt, evaluate or a server wrote",
};

/** @throws InputError where a file of another kind is given, a secret one above all */
export function requireKind(
  option: keyof typeof remedies,
  path: string,
  bytes: Uint8Array,
  kind: string,
): void {
  const got = describeBytes(bytes)?.kind;
  if (got === kind) return;
  throw new InputError(
    `${option}: expected ${kind}, got ${got ?? "something else"} in "${path}"; ${remedies[option]}`,
  );
}
