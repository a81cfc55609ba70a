import { chmod, stat } from "node:fs/promises";
import { base64ToUint8Array, uint8ArrayToBase64 } from "uint8array-extras";
import * as z from "zod";
import { InputError } from "../he-ml/errors.js";
import { parseJson } from "../he-ml/formats/parse-json.js";
import { describeBytes } from "../he-ml/crypto/byte-format.js";
import { readUserFile } from "../he-ml/node/files/user-file.js";
import { writeWholeFile } from "../he-ml/node/files/whole-file.js";
import type { ClientSpec } from "../he-ml/program/client-spec.js";
import { Client } from "../he-ml/service/client.js";

const form = z.strictObject({
  format: z.literal("he-ml client"),
  version: z.literal(1),
  /** As `Client.create` takes it. */
  clientSpec: z.unknown(),
  /** As `exportSecretKey` gives it, in base64. */
  secretKey: z.base64(),
});

/**
 * Writes what a client keeps: the specification that it takes part by, and its secret key. Nobody but its owner may read the file.
 *
 * @throws InputError if there is a file already: a key that is lost is lost with all that was encrypted under it
 */
export async function writeClientFile(path: string, client: Client): Promise<number> {
  if (await stat(path).catch(() => undefined)) {
    throw new InputError(
      `--secret: there is a file "${path}" already; name another, or delete it with its key`,
    );
  }
  const secretKey = uint8ArrayToBase64(client.exportSecretKey());
  const content: z.infer<typeof form> = {
    format: "he-ml client",
    version: 1,
    clientSpec: client.spec,
    secretKey,
  };
  const text = `${JSON.stringify(content)}\n`;
  await writeWholeFile(path, "");
  await chmod(path, 0o600);
  await writeWholeFile(path, text);
  return text.length;
}

/** @throws InputError if it is no such file, or a damaged one */
export async function readClientFile(path: string): Promise<Client> {
  const parsed = form.safeParse(await contentOf(path));
  if (!parsed.success) {
    const [{ path: where, message }] = parsed.error.issues;
    throw new InputError(
      `--secret: "${path}": ${where.join(".") || "the whole"}: ${message}; take the file that he-ml keygen wrote`,
    );
  }
  const { clientSpec, secretKey } = parsed.data;
  const bytes = base64ToUint8Array(secretKey);
  return Client.fromSecretKey(clientSpec, bytes, { security: teachingSaidAtKeygen(clientSpec) });
}

async function contentOf(path: string): Promise<unknown> {
  const bytes = await readUserFile("--secret", path, mostMebibytes);
  const kind = describeBytes(bytes)?.kind;
  if (kind === undefined) return parseJson(`--secret: "${path}"`, bytes.toString("utf8"));
  throw new InputError(
    `--secret: "${path}" holds ${kind}; take the file that he-ml keygen wrote for --secret`,
  );
}

/** Keys have some megabytes at most, and client specifications no more. */
const mostMebibytes = 256;

/** Who made the key agreed to parameters without security then, or not. */
function teachingSaidAtKeygen(spec: unknown): "teaching" | undefined {
  const { parameters } = spec as Partial<ClientSpec>;
  return parameters?.security === "teaching" ? "teaching" : undefined;
}
