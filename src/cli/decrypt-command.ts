import Table from "cli-table3";
import { Command } from "commander";
import { payloadLength } from "../he-ml/crypto/byte-format.js";
import { readUserFile } from "../he-ml/node/files/user-file.js";
import { timed } from "../he-ml/service/timed.js";
import { argmax, imageAt } from "../he-ml/tensor/tensor.js";
import { readClientFile } from "./client-file.js";
import type { CommandIo } from "./command-io.js";
import { mostMebibytes, requireKind } from "./evaluate-command.js";

interface DecryptOptions {
  readonly secret: string;
  readonly in: string;
  readonly json?: boolean;
}

/** `he-ml decrypt`: what came back, in the clear. */
export function decryptCommand(io: CommandIo): Command {
  return new Command("decrypt")
    .description("decrypt what was computed")
    .requiredOption("--secret <file>", "the client's file, as keygen wrote it")
    .requiredOption("--in <file>", "the answer, as evaluate wrote it")
    .option("--json", "print outputs, milliseconds and bytes as JSON")
    .action((options: DecryptOptions) => run(options, io));
}

async function run({ secret, in: answer, json }: DecryptOptions, { stdout }: CommandIo): Promise<void> {
  const client = await readClientFile(secret);
  const bytes = new Uint8Array(await readUserFile("--in", answer, mostMebibytes));
  requireKind("--in", answer, bytes, "encrypted tensor");
  const [values, decrypt] = await timed(async () => client.decrypt(bytes));
  const { classNames } = client.spec;
  const outputs = Array.from({ length: values.shape[0] }, (_, i) => [...imageAt(values, i).data]);
  const predicted = outputs.map((logits) => argmax(logits));
  if (json) {
    const told = {
      outputs,
      predicted,
      classNames,
      milliseconds: { decrypt },
      bytes: { output: payloadLength(bytes) },
    };
    stdout.write(`${JSON.stringify(told)}\n`);
    return;
  }
  const table = new Table({
    head: ["image", "largest output", "all outputs"],
    style: { head: [], border: [], compact: true },
  });
  outputs.forEach((logits, i) => {
    const name = classNames?.[predicted[i]] ?? String(predicted[i]);
    const shown = logits.slice(0, mostShown).map((value) => value.toFixed(3));
    table.push([i, name, `${shown.join(" ")}${logits.length > mostShown ? " …" : ""}`]);
  });
  stdout.write(`${table.toString()}\n`);
}

/** Outputs of one image in the table. */
const mostShown = 12;
