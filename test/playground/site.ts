import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join, normalize } from "node:path";
import { promisify } from "node:util";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".css": "text/css",
  ".js": "text/javascript",
  ".json": "application/json",
  ".wasm": "application/wasm",
};

/** A request as a server got it. */
export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: string;
  readonly body: Uint8Array;
}

export async function seenRequest(request: IncomingMessage): Promise<SeenRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { method = "", url = "", rawHeaders } = request;
  return { method, url, headers: rawHeaders.join("\n"), body: new Uint8Array(Buffer.concat(chunks)) };
}

/** A built site, served under a sub-path by a host that knows nothing of it. */
export interface Site extends AsyncDisposable {
  /** Of the playground. */
  readonly url: string;
  readonly folder: string;
  readonly requests: readonly SeenRequest[];
  /** Whether the host sends the headers that isolate a page; not at first. */
  isIsolated: boolean;
}

const isolating = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};

/** @param added code that `build.mjs` writes before and behind the key worker's own */
export async function openSite(...added: string[]): Promise<Site> {
  const folder = await mkdtemp(join(tmpdir(), "he-ml-playground-"));
  await promisify(execFile)(process.execPath, ["test/playground/build.mjs", folder, ...added]);
  const requests: SeenRequest[] = [];
  const below = "/some/where";
  const server = createServer((request, response) => {
    void (async () => {
      const seen = await seenRequest(request);
      requests.push(seen);
      const { pathname } = new URL(seen.url, "http://host");
      const path = normalize(pathname.endsWith("/") ? `${pathname}index.html` : pathname);
      const file = path.startsWith(`${below}/`) ? join(folder, path.slice(below.length)) : undefined;
      const bytes = file === undefined ? undefined : await readFile(file).catch(() => undefined);
      response.writeHead(bytes ? 200 : 404, {
        "content-type": types[extname(path)] ?? "application/octet-stream",
        ...(site.isIsolated ? isolating : {}),
      });
      response.end(bytes);
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const site: Site = {
    url: `http://127.0.0.1:${port}${below}/playground/`,
    folder,
    requests,
    isIsolated: false,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true });
    },
  };
  return site;
}
