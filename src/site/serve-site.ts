import { once } from "node:events";
import { createServer } from "node:net";
import { resolve } from "node:path";
import { InputError } from "../he-ml/errors.js";

/** A site that is being looked at. */
export interface ServedSite {
  /** Of its front page. */
  readonly url: string;
  close(): Promise<void>;
}

/** Not the host's root, as on most hosts of static pages. */
const subPath = "/he-ml/";

const host = "127.0.0.1";

/**
 * To be asked before a site is built that is then to be served.
 *
 * @throws InputError if the port cannot be listened on
 */
export async function requirePort(port: number): Promise<void> {
  const server = createServer().listen({ host, port });
  try {
    await once(server, "listening");
  } catch (error) {
    throw refused(port, error);
  }
  server.close();
  await once(server, "close");
}

function refused(port: number, error: unknown): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (syscall === undefined) return error;
  return new InputError(`--port: ${port} cannot be listened on (${code}); choose another, or 0 for any`);
}

/**
 * Serves a built site on this machine only, under a sub-path, with the headers that isolate its pages from others: where a host
 * sends them, pages may have memory that threads share.
 *
 * @param folder as `buildSite` wrote it
 * @param port 0 for any that is free
 * @throws InputError if the port cannot be listened on
 * @see https://html.spec.whatwg.org/multipage/browsers.html#cross-origin-opener-policies
 * @example
 * const { url, close } = await serveSite("out/site", 0);
 */
export async function serveSite(folder: string, port: number): Promise<ServedSite> {
  const [{ fastify }, { default: staticFiles }] = await Promise.all([
    import("fastify"),
    import("@fastify/static"),
  ]);
  const app = fastify({ forceCloseConnections: true });
  app.addHook("onSend", async (_request, reply) => {
    reply.headers({
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-embedder-policy": "require-corp",
      "x-content-type-options": "nosniff",
    });
  });
  app.get("/", (_request, reply) => reply.redirect(subPath));
  await app.register(staticFiles, { root: resolve(folder), prefix: subPath, redirect: true, maxAge: 0 });
  try {
    return { url: `${await app.listen({ host, port })}${subPath}`, close: () => app.close() };
  } catch (error) {
    await app.close();
    throw refused(port, error);
  }
}
