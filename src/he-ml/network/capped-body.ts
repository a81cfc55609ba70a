import { InputError } from "../errors.js";

/** An answer that stands still for so long is given up. */
const idleMilliseconds = 60_000;

/** The next piece did not come. */
export class StalledError extends Error {}

/**
 * Reads a body to its end, and no more of it than it may have.
 *
 * @param what how messages call it
 * @param onBytes told how much came, and how much is announced
 * @throws InputError if there is more, whatever was announced; StalledError
 */
export async function readCapped(
  what: string,
  response: Response,
  mostBytes: number,
  onBytes?: (done: number, total: number) => void,
): Promise<Uint8Array> {
  const tooLong = (bytes: string) =>
    new InputError(
      `${what}: expected an answer of at most ${mostBytes} bytes, got ${bytes}; it is not what was asked for`,
    );
  const announced = Number(response.headers.get("content-length") ?? Number.NaN);
  if (announced > mostBytes) {
    await response.body?.cancel();
    throw tooLong(String(announced));
  }
  const reader = response.body?.getReader();
  if (!reader) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await inTime(reader.read());
      if (done) break;
      length += value.length;
      if (length > mostBytes) throw tooLong("more");
      chunks.push(value);
      onBytes?.(length, Math.max(length, announced || 0));
    }
  } catch (error) {
    // Whatever else comes is not wanted; that it cannot be stopped changes nothing.
    reader.cancel().catch(() => undefined);
    throw error;
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new StalledError(`nothing came for ${idleMilliseconds / 1000} s`)),
      idleMilliseconds,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
