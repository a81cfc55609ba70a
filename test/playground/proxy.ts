import { createServer, request as forward, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { seenRequest, type SeenRequest } from "./site.js";

/** An address that stays while the server behind it comes and goes. */
export interface Proxy extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly SeenRequest[];
  /** Where requests go; nowhere if undefined: then connections break, as with a server that is gone. */
  target: string | undefined;
}

export async function openProxy(): Promise<Proxy> {
  const requests: SeenRequest[] = [];
  const state = { target: undefined as string | undefined };
  const server: Server = createServer((request, response) => {
    void (async () => {
      const seen = await seenRequest(request);
      requests.push(seen);
      const { target } = state;
      if (target === undefined) {
        request.socket.destroy();
        return;
      }
      const onward = forward(
        new URL(seen.url, target),
        { method: seen.method, headers: request.headers },
        (answer) => {
          response.writeHead(answer.statusCode!, answer.headers);
          answer.pipe(response);
        },
      );
      onward.on("error", () => request.socket.destroy());
      onward.end(seen.body);
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    get target() {
      return state.target;
    },
    set target(url) {
      state.target = url;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
