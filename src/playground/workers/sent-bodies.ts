import type { SentBody } from "./messages.js";

/** Bytes of a body that are kept to be looked at. */
const headLength = 96;

/** Does work that sends requests, and tells what bodies went out in it: what is in them, not what someone says is in them. */
export async function sentBodies<T>(
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly sent: readonly SentBody[] }> {
  const sent: SentBody[] = [];
  const plainFetch = globalThis.fetch;
  globalThis.fetch = (input, init) => {
    const { body, method = "GET" } = init ?? {};
    if (typeof input === "string" && ArrayBuffer.isView(body)) {
      const bytes = new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
      sent.push({ method, url: input, length: bytes.length, head: bytes.slice(0, headLength) });
    }
    return plainFetch(input, init);
  };
  try {
    return { result: await work(), sent };
  } finally {
    globalThis.fetch = plainFetch;
  }
}
