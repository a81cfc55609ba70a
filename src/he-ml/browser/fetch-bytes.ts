import { InputError } from "../errors.js";

/** Of the page, or of the worker; declared in TypeScript's DOM library only, which the library does without. */
export const pageAddress = (): string | undefined =>
  (globalThis as { readonly location?: { readonly href: string } }).location?.href;

/**
 * The bytes that lie at an address.
 *
 * @param what how messages begin: the operation
 * @param advice what to do where they cannot be fetched
 * @throws InputError if the host cannot be reached, or does not give them
 * @example await fetchBytes("loadModel", new URL("model.onnx", folder), "serve it there")
 */
export async function fetchBytes(what: string, address: URL, advice: string): Promise<Uint8Array> {
  const response = await fetched(what, address, advice);
  if (!response.ok) throw refusal(what, address, advice, response.status);
  return bytesOf(response);
}

/** As {@link fetchBytes}. @returns undefined where the host says that nothing lies there */
export async function fetchBytesIfThere(
  what: string,
  address: URL,
  advice: string,
): Promise<Uint8Array | undefined> {
  const response = await fetched(what, address, advice);
  if (response.ok) return bytesOf(response);
  if (response.status === 404 || response.status === 410) return undefined;
  throw refusal(what, address, advice, response.status);
}

const fetched = (what: string, address: URL, advice: string) =>
  fetch(address).catch((error: unknown) => {
    throw refusal(what, address, advice, error);
  });

const bytesOf = async (response: Response) => new Uint8Array(await response.arrayBuffer());

const refusal = (what: string, { href }: URL, advice: string, reason: unknown) =>
  new InputError(`${what}: "${href}" cannot be fetched (${String(reason)}); ${advice}`);
