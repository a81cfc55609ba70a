import { Command } from "commander";
import { payloadLength } from "../he-ml/crypto/byte-format.js";
import { writeWholeFile } from "../he-ml/node/files/whole-file.js";
import { timed } from "../he-ml/service/timed.js";
import { megabytes } from "../viz/units.js";
import { readClientFile } from "./client-file.js";
import type { CommandIo } from "./command-io.js";
import { requireWritableFile } from "./files.js";
import { fitToModel } from "./fit-to-model.js";
import { addImageOptions, imageSource, type ImageOptions } from "./image-options.js";
import { startProgress } from "./progress.js";

interface EncryptOptions extends ImageOptions {
  readonly secret: string;
  readonly out: string;
  readonly json?: boolean;
}

/** `he-ml encrypt`: images, as bytes for whoever computes. */
export function encryptCommand(io: CommandIo): Command {
  const command = new Command("encrypt")
    .description("encrypt images into a file for whoever computes")
    .requiredOption("--secret <file>", "the client's file, as keygen wrote it");
  return addImageOptions(command)
    .requiredOption("--out <file>", "write the encrypted images here")
    .option("--json", "print milliseconds and bytes as JSON")
    .action((options: EncryptOptions) => run(options, io));
}

async function run(options: EncryptOptions, { stdout, stderr, signal }: CommandIo): Promise<void> {
  const source = await imageSource("encrypt", options);
  const client = await readClientFile(options.secret);
  await requireWritableFile("--out", options.out);
  const warn = (message: string) => void stderr.write(`he-ml: ${message}\n`);
  const found = await source.find(client.spec, warn);
  const images = fitToModel(found.images, client.spec.inputShape, warn);
  const progress = startProgress(stderr);
  const onProgress = (done: number, total: number) => progress.update("encrypt", done, total);
  const [encrypted, encrypt] = await timed(() => client.encryptAsync(images, { signal, onProgress })).finally(
    () => progress.stop(),
  );
  await writeWholeFile(options.out, encrypted);
  const told = {
    images: images.shape[0],
    milliseconds: { encrypt },
    bytes: { input: payloadLength(encrypted) },
  };
  stdout.write(
    options.json
      ? `${JSON.stringify(told)}\n`
      : `${told.images} image(s) encrypted in ${encrypt.toFixed(0)} ms: ${options.out} (${megabytes(encrypted.length)})\n`,
  );
}
