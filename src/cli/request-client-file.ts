import { dirname, resolve } from "node:path";
import * as z from "zod";
import { InputError } from "../he-ml/errors.js";
import { readJsonFile } from "../he-ml/node/files/json-file.js";
import { readUserFile } from "../he-ml/node/files/user-file.js";
import type { TypeOf } from "../he-ml/schema.js";

const clientFileSchema = z.strictObject({
  /** A server's, also with `/compute` at its end. */
  address: z.string().min(1),
  net: z.string().min(1).max(200),
  /** With them, requests go in the original's way: one value a ciphertext. */
  encryption_parameters: z.unknown().optional(),
  layers: z.array(z.int().min(0)).min(1).optional(),
  dataset: z.string().min(1).optional(),
  index: z.int().min(0).optional(),
  /** A file beside this one, or values. */
  input: z.union([z.string().min(1), z.array(z.unknown()).min(1)]).optional(),
  token_file: z.string().min(1).optional(),
  /** Stands in the original's files, and says nothing to a client. */
  max_threads: z.unknown().optional(),
});

const fields = Object.keys(clientFileSchema.shape).filter((name) => name !== "max_threads");

/** What a client file of `he-ml request` says. */
export interface ClientFile extends Omit<TypeOf<typeof clientFileSchema>, "token_file" | "max_threads"> {
  readonly path: string;
  readonly token?: string;
}

const mostTokenMebibytes = 1;

/**
 * Reads a client file: PyCrCNN's `{"address", "encryption_parameters", "net", "layers"}` as it stands, or with `dataset` and `index`, or
 * `input`, and `token_file`. Files that it names are meant from where it is.
 *
 * @throws InputError if it is missing, no JSON, or a field is missing, unknown or wrong
 */
export async function readClientFile(path: string): Promise<ClientFile> {
  const parsed = clientFileSchema.safeParse(await readJsonFile("request", path));
  if (!parsed.success) {
    const [{ path: where, message, code }] = parsed.error.issues;
    const known = code === "unrecognized_keys" ? `; known are ${fields.join(", ")}` : "";
    throw new InputError(`request: "${path}": ${where.join(".") || "the whole"}: ${message}${known}`);
  }
  const { address, net, encryption_parameters, layers, dataset, index, input, token_file } = parsed.data;
  if (dataset !== undefined && input !== undefined) {
    throw new InputError(`request: "${path}": dataset and input exclude each other; leave one out`);
  }
  const beside = (name: string) => resolve(dirname(path), name);
  return {
    ...{ path, address, net, encryption_parameters, layers, dataset, index },
    input: typeof input === "string" ? beside(input) : input,
    token: token_file === undefined ? undefined : await readToken(beside(token_file)),
  };
}

async function readToken(path: string): Promise<string> {
  const token = new TextDecoder().decode(await readUserFile("token_file", path, mostTokenMebibytes)).trim();
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new InputError(`token_file: expected one line with a word of visible ASCII characters in "${path}"`);
}

/**
 * Holds the files of one request against each other: all describe one network, and the first one brings the images.
 *
 * @throws InputError naming the file that does not go with the first
 */
export function requireTogether([first, ...others]: readonly ClientFile[]): void {
  if (others.length === 0) return;
  for (const file of [first, ...others]) {
    if (file.layers) continue;
    throw new InputError(
      `request: "${file.path}": layers: expected each file's own range where servers share a network, got none`,
    );
  }
  for (const { path, dataset, index, input, ...file } of others) {
    if ((dataset ?? index ?? input) !== undefined) {
      throw new InputError(
        `request: "${path}": dataset, index and input: the images are those of the first file; leave them out`,
      );
    }
    if (JSON.stringify(file.encryption_parameters) !== JSON.stringify(first.encryption_parameters)) {
      throw new InputError(
        `request: "${path}": encryption_parameters: expected the same as in "${first.path}", as one key goes through all`,
      );
    }
    if (first.encryption_parameters === undefined && file.net.toLowerCase() !== first.net.toLowerCase()) {
      throw new InputError(
        `request: "${path}": net: expected "${first.net}", as in "${first.path}", got "${file.net}"`,
      );
    }
  }
}
