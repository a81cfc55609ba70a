import { Program, Server } from "he-ml";
import type { Answer, Request } from "./messages.js";

/** Computes on ciphertexts, beside the page that holds the key. */
async function evaluate({ program, evaluationKeys, request }: Request): Promise<Answer> {
  const server = await Server.start(Program.fromJSON(JSON.parse(program)));
  const session = await server.connect(evaluationKeys);
  const { response, traces } = await session.run(request);
  await server.close();
  return { response, traces, evaluator: server.evaluator };
}

self.onmessage = async ({ data }: MessageEvent<Request>) => {
  const answer = await evaluate(data).catch((error: unknown): Answer => ({ failed: String(error) }));
  self.postMessage(answer, { transfer: "response" in answer ? [answer.response.buffer] : [] });
};
