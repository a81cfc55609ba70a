import * as z from "zod";
import { isObject } from "../../../he-ml/arguments.js";
import { toBase64 } from "../../../he-ml/crypto/base64.js";
import { InputError } from "../../../he-ml/errors.js";
import { Client, tensorFromBytes, type Tensor } from "../../../he-ml/index.js";
import { right, wrong, type Exercise, type Verdict } from "../exercise.js";
import { responses, shown } from "../responses.js";
import { bytesOf, plainLogits, smallImage, smallNetwork, wholeProgram, wrongLogit } from "./small-network.js";

/** What a server gets: a program as JSON, and of each client its evaluation keys and a request, in base64. */
export interface Served {
  readonly program: string;
  readonly clients: readonly { readonly evaluationKeys: string; readonly request: string }[];
}

export interface ServedClient {
  readonly client: Client;
  readonly request: string;
  readonly logits: readonly number[];
}

type ServeOnce = (
  programJson: unknown,
  evaluationKeys: Uint8Array,
  request: Uint8Array,
) => Promise<Uint8Array>;

const clients = 2;

/** Names in the library of what makes a secret key, holds one or takes one. */
const secretNames =
  /\b(SecretContext|Client|RemoteModel|infer|fromSecretKey|exportSecretKey|secretKey|decrypt|encrypt)\b/;

const comments = /\/\*[^]*?\*\/|\/\/[^\n]*/g;

const answerSchema = z.strictObject({
  text: z.string().max(20_000),
  answers: z.unknown(),
});

/** Serve a request with public keys only. */
export const serveOnce: Exercise<
  Served,
  ServeOnce,
  readonly ServedClient[],
  { readonly text: string; readonly answers: readonly unknown[] }
> = {
  id: "serve-once",
  lesson: "10",
  title: "a server that holds no secret",
  points: 2,
  answer: "serveOnce",
  hints: [
    "Three parts of the library do all of it: what makes a Program of its JSON, what computes a program for any client, and what belongs to one client's keys.",
    "Program.fromJSON(programJson) is the program; a Server is started on it, and connect(evaluationKeys) opens a Session of that client's. run(request) gives the response, and traces beside it.",
    "const server = await Server.start(Program.fromJSON(programJson), { threads: 0 }); const session = await server.connect(evaluationKeys); const { response } = await session.run(request); await server.close(); return response;",
  ],
  async draw(random) {
    const network = smallNetwork(random);
    const program = await wholeProgram(network);
    const served: ServedClient[] = [];
    const asked: { evaluationKeys: string; request: string }[] = [];
    for (let i = 0; i < clients; i++) {
      const client = await Client.create(program.clientSpec, { security: "teaching" });
      const image: Tensor = smallImage(random);
      const request = toBase64(client.encrypt(image));
      served.push({ client, request, logits: plainLogits(network, image) });
      asked.push({ evaluationKeys: toBase64(client.evaluationKeys), request });
    }
    return { question: { program: JSON.stringify(program), clients: asked }, secret: served };
  },
  async ask(answer, { program, clients: asked }) {
    const answers: unknown[] = [];
    for (const { evaluationKeys, request } of asked) {
      const answered: unknown = await answer(JSON.parse(program), bytesOf(evaluationKeys), bytesOf(request));
      answers.push(answered instanceof Uint8Array ? toBase64(answered) : told(answered));
    }
    return { text: String(answer), answers };
  },
  judge(_, served, response) {
    const { text, answers: given } = readAnswer(response);
    const answers = responses("serveOnce", given, served.length);
    if (answers.every((answered) => answered === undefined))
      return { ...wrong("serveOnce is still to be written", 1), untouched: true };
    const secret = secretNames.exec(text.replace(comments, ""))?.[1];
    if (secret !== undefined) {
      return wrong(
        `its text has ${secret} in it: a server has no use for what makes, holds or takes a secret key`,
        2,
      );
    }
    for (const [i, one] of served.entries()) {
      const verdict = judgeAnswer(one, answers[i], served);
      if (verdict) return { ...verdict, says: `client ${i + 1}: ${verdict.says}` };
    }
    return right(`${served.length} clients, each under its own key`);
  },
};

const notBytesSchema = z.strictObject({ notBytes: z.string(), isWhole: z.boolean() });

/** What came back where bytes should; `isWhole` where it is all that a session gives. */
function told(answered: unknown): z.infer<typeof notBytesSchema> | undefined {
  if (answered === undefined) return undefined;
  return { notBytes: shown(answered), isWhole: isObject(answered) && "response" in answered };
}

function readAnswer(response: unknown): z.infer<typeof answerSchema> {
  const parsed = answerSchema.safeParse(response);
  if (parsed.success) return parsed.data;
  throw new InputError(`serveOnce: expected the response's bytes, got ${shown(response)}; return them`);
}

function judgeAnswer(
  { client, request, logits }: ServedClient,
  answered: unknown,
  served: readonly ServedClient[],
): Verdict | undefined {
  if (typeof answered !== "string") {
    const { data: given } = notBytesSchema.safeParse(answered);
    return given?.isWhole
      ? wrong("what came back is { response, traces }; the response's bytes alone are to leave the server", 2)
      : wrong(`what came back is ${given?.notBytes ?? shown(answered)}, and not the response's bytes`, 1);
  }
  if (answered === request) return wrong("what came back is the request itself: nothing was computed", 1);
  const bytes = bytesOf(answered);
  const { key } = tensorFromBytes(bytes);
  if (key !== client.key && served.some((other) => other.client.key === key)) {
    return wrong(
      "what came back is under another client's key: a session belongs to one client's keys, and is opened anew for each",
      2,
    );
  }
  const wrongly = wrongLogit(logits, [...client.decrypt(bytes).data]);
  return wrongly === undefined ? undefined : wrong(wrongly, 1);
}
