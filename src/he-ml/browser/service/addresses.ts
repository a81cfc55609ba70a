import { pageAddress } from "../fetch-bytes.js";

/** Answers a request in this page. */
export type AnswerRequest = (request: Request) => Promise<Response>;

/** Services by the origin of their addresses. */
const services = new Map<string, AnswerRequest>();
let started = 0;
/** Puts back the `fetch` that was there before the first of them. */
let putBack: () => void = () => undefined;

/**
 * Gives a service an address in this page, which `fetch` knows until it is taken back.
 *
 * @example const { url, takeBack } = giveAddress((request) => app.answer(request));
 */
export function giveAddress(answer: AnswerRequest): { readonly url: string; readonly takeBack: () => void } {
  if (services.size === 0) putBack = installFetch();
  // No name server ever knows a name under it: RFC 6761, section 6.4.
  const url = `http://service-${++started}.he-ml.invalid`;
  services.set(url, answer);
  return {
    url,
    takeBack: () => {
      services.delete(url);
      if (services.size === 0) putBack();
    },
  };
}

/**
 * Anew for the first service after none, so that whoever put a `fetch` of his own around an earlier one is asked by this one, and not
 * the other way round.
 */
function installFetch(): () => void {
  const before = globalThis.fetch;
  const own: typeof fetch = (where, asked) => {
    const address = URL.parse(where instanceof Request ? where.url : String(where), pageAddress());
    const answer = services.get(address?.origin ?? "");
    return answer ? answerTo(answer, where, asked) : before.call(globalThis, where, asked);
  };
  globalThis.fetch = own;
  return () => {
    // Whoever replaced it meanwhile still has it, and it gives all to the one before.
    if (globalThis.fetch === own) globalThis.fetch = before;
  };
}

async function answerTo(answer: AnswerRequest, ...asked: Parameters<typeof fetch>): Promise<Response> {
  const request = new Request(...asked);
  const { signal } = request;
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
    answer(request).then(resolve, reject);
  });
}
