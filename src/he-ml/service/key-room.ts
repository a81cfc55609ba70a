import { loadedKeyBytes } from "../crypto/rotation-keys.js";
import { InputError } from "../errors.js";
import type { Program } from "../program/program.js";

/** Bytes that the keys of all sessions may take where nothing else is said: half of what WASM's memory can have. */
export const usualKeyBytes = 2 ** 31;

export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;

/**
 * A server with room for no client's keys would refuse every one, after the keys were made and sent.
 *
 * @throws InputError unless there is room for the keys of one client
 */
export function requireKeyRoom(
  operation: string,
  { parameters, clientSpec }: Program,
  mostKeyBytes: number,
): void {
  const bytes = loadedKeyBytes(parameters, clientSpec);
  if (bytes <= mostKeyBytes) return;
  const { rotations } = clientSpec;
  const fewer =
    rotations.length > 0
      ? `, or compile the model in packing batch, which needs no keys for rotations, or with smaller layers`
      : ``;
  throw new InputError(
    `${operation}: one client's keys (${rotations.length} of them for rotations) take ${megabytes(bytes)} in memory, and ` +
      `the server has room for ${megabytes(mostKeyBytes)}; give Server.start { mostKeyBytes: ${bytes} } or more${fewer}`,
  );
}
