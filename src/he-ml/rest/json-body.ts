import { parseJson } from "../formats/parse-json.js";
import { requestCaps, requireModestJson } from "../network/json-caps.js";
import type { JsonBody } from "./route.js";

/**
 * The JSON that a body holds.
 *
 * @param pause each step takes a while where there are hundreds of MiB; others have their turn between them
 * @throws InputError if it is none, or has more in it than any request
 */
export async function jsonInBody(
  { what, mayBeText = false }: Pick<JsonBody, "what" | "mayBeText">,
  bytes: Uint8Array,
  pause: () => Promise<unknown>,
): Promise<unknown> {
  requireModestJson(what, bytes, requestCaps);
  await pause();
  const text = new TextDecoder().decode(bytes);
  await pause();
  const parsed = parseJson(what, text);
  if (!mayBeText || typeof parsed !== "string") return parsed;
  requireModestJson(what, new TextEncoder().encode(parsed), requestCaps);
  return parseJson(what, parsed);
}
