import { HttpError, closingError } from "../../rest/http-error.js";

/**
 * Reads a request's body, piece by piece where the browser gives pieces (Firefox 153 does not).
 *
 * @param until within which time, and before what else
 * @param what how messages call it
 * @param take may throw: then no more is read
 * @throws HttpError too-slow, closing, or bad-request where whoever asked went away meanwhile
 */
export async function readPieces(
  request: Request,
  until: { readonly seconds: number; readonly ended: AbortSignal },
  what: string,
  take: (piece: Uint8Array) => void,
): Promise<void> {
  const { seconds, ended } = until;
  const reader = request.body?.getReader();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let onEnd: () => void = () => undefined;
  const cut = new Promise<never>((_, reject) => {
    const late = new HttpError("too-slow", `${what}: expected all of it within ${seconds} s`);
    timer = setTimeout(() => reject(late), 1000 * seconds);
    onEnd = () => reject(closingError());
    ended.addEventListener("abort", onEnd);
    if (ended.aborted) onEnd();
  });
  const gone = (): never => {
    throw new HttpError("bad-request", `${what}: it was cut off`);
  };
  try {
    if (!reader) return take(new Uint8Array(await Promise.race([request.arrayBuffer().catch(gone), cut])));
    for (;;) {
      const { done, value } = await Promise.race([reader.read().catch(gone), cut]);
      if (done) return;
      take(value);
    }
  } catch (error) {
    // Whatever else comes is not wanted; that it cannot be stopped changes nothing.
    reader?.cancel().catch(() => undefined);
    throw error;
  } finally {
    clearTimeout(timer);
    ended.removeEventListener("abort", onEnd);
  }
}
