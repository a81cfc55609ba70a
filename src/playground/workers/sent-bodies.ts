import type { SentBody } from "./messages.js";

/** Bytes of a body that are kept to be looked at, at its beginning and from its middle on. */
const headLength = 64;

/** What is kept of a body to be looked at. */
export function sentBody(method: string, url: string, bytes: Uint8Array): SentBody {
  const [length, half] = [bytes.length, bytes.length >> 1];
  const [head, middle] = [bytes.slice(0, headLength), bytes.slice(half, half + headLength)];
  return { method, url, length, head, middle };
}

/** Does work that sends requests, and tells what bodies went out in it: what is in them, not what someone says is in them. */
export async function sentBodies<T>(
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly sent: readonly SentBody[] }> {
  const sent: SentBody[] = [];
  const plainFetch = globalThis.fetch;
  globalThis.fetch = (input, init) => {
    const { body, method = "GET" } = init ?? {};
    if (typeof input === "string" && ArrayBuffer.isView(body)) {
      sent.push(sentBody(method, input, new Uint8Array(body.buffer, body.byteOffset, body.byteLength)));
    }
    return plainFetch(input, init);
  };
  try {
    return { result: await work(), sent };
  } finally {
    globalThis.fetch = plainFetch;
  }
}
