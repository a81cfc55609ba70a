import { Command, Option } from "commander";
import * as z from "zod";
import { InputError } from "../he-ml/errors.js";
import { readJsonFile } from "../he-ml/node/files/json-file.js";
import { writeWholeFile } from "../he-ml/node/files/whole-file.js";
import { Client } from "../he-ml/service/client.js";
import { timed } from "../he-ml/service/timed.js";
import { megabytes } from "../viz/units.js";
import { writeClientFile } from "./client-file.js";
import type { CommandIo } from "./command-io.js";
import { requireWritableFile } from "./files.js";

interface KeygenOptions {
  readonly spec: string;
  readonly secret: string;
  readonly public: string;
  readonly security?: "teaching";
  readonly json?: boolean;
}

/** `he-ml keygen`: a client's keys, by what a server says of its program. */
export function keygenCommand(io: CommandIo): Command {
  return new Command("keygen")
    .description("make a client's keys: one file to keep, and one to give to whoever computes")
    .requiredOption(
      "--spec <file>",
      "client specification, as explain --client-spec writes it or a server gives it",
    )
    .requiredOption(
      "--secret <file>",
      "write here what decrypts, for encrypt and decrypt: never give it away",
    )
    .requiredOption("--public <file>", "write here what evaluate needs; nothing in it decrypts")
    .addOption(
      new Option("--security <level>", "agree to parameters that protect nothing").choices(["teaching"]),
    )
    .option("--json", "print milliseconds and bytes as JSON")
    .action((options: KeygenOptions) => run(options, io));
}

async function run(
  { spec, secret, public: publicFile, security, json }: KeygenOptions,
  { stdout }: CommandIo,
): Promise<void> {
  const clientSpec = specOf(await readJsonFile("--spec", spec));
  await requireWritableFile("--public", publicFile);
  await requireWritableFile("--secret", secret);
  const [[client, evaluationKeys], keys] = await timed(async () => {
    const made = await Client.create(clientSpec, { security });
    return [made, made.evaluationKeys] as const;
  });
  const secretKey = await writeClientFile(secret, client);
  await writeWholeFile(publicFile, evaluationKeys);
  const told = { milliseconds: { keys }, bytes: { evaluationKeys: evaluationKeys.length, secretKey } };
  stdout.write(
    json
      ? `${JSON.stringify(told)}\n`
      : `keys made in ${(keys / 1000).toFixed(2)} s: ${secret} (${megabytes(secretKey)}) decrypts, keep it; ` +
          `${publicFile} (${megabytes(evaluationKeys.length)}) is for whoever computes\n`,
  );
}

const served = z.object({ programs: z.array(z.object({ clientSpec: z.unknown() })) });

/** A specification, or the answer of a server that holds one. */
function specOf(json: unknown): unknown {
  const answer = served.safeParse(json);
  if (!answer.success) return json;
  const { programs } = answer.data;
  if (programs.length === 1) return programs[0].clientSpec;
  throw new InputError(
    `--spec: expected one program, got ${programs.length}, between which values are encrypted afresh; ` +
      `take the clientSpec of each by itself`,
  );
}
