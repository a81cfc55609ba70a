import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import * as z from "zod";
import { keysFromBytes } from "../../../he-ml/crypto/key-bytes.js";
import { InputError } from "../../../he-ml/errors.js";
import { Program, Server, tensor, type ClientSpec, type Tensor } from "../../../he-ml/index.js";
import { isStubMessage, right, wrong, type Exercise, type Verdict } from "../exercise.js";
import { numbers, shown } from "../responses.js";
import { plainLogits, smallImage, smallNetwork, twoPrograms, wrongLogit } from "./small-network.js";

/** Two programs as JSON, for a server each, and one image. */
export interface SplitNetwork {
  readonly programs: readonly [string, string];
  readonly image: { readonly shape: readonly number[]; readonly data: readonly number[] };
}

/** A server as the client sees it: keys go there once, then requests. */
export interface Place {
  /** Opens a session. */
  connect(evaluationKeys: Uint8Array): Promise<PlaceSession>;
}
export interface PlaceSession {
  /** Computes the server's layers. */
  run(request: Uint8Array): Promise<Uint8Array>;
}

type SplitInference = (
  specs: readonly [ClientSpec, ClientSpec],
  servers: readonly [Place, Place],
  image: Tensor,
) => Promise<Tensor>;

const keySchema = z.string().max(64);
const digestSchema = z.string().max(64);
/** What one server got, by what its bytes say of themselves. */
const seenSchema = z.strictObject({
  key: keySchema.optional(),
  /** Whether keys of another program than the server's came. */
  isOthers: z.boolean(),
  requests: z.array(digestSchema).max(100),
  answers: z.array(digestSchema).max(100),
});
type Seen = z.infer<typeof seenSchema>;
const responseSchema = z.strictObject({
  seen: z.tuple([seenSchema, seenSchema]),
  threw: z.string().max(1000).optional(),
  logits: z.unknown().optional(),
});

/** The client's side of a network on two servers. */
export const splitInference: Exercise<
  SplitNetwork,
  SplitInference,
  readonly number[],
  z.infer<typeof responseSchema>
> = {
  id: "split-inference",
  lesson: "10",
  title: "one key, two servers",
  points: 3,
  answer: "splitInference",
  hints: [
    "Both servers have to compute under one secret key, but each program has keys of its own that are made from it. What does the second server get as its request?",
    'const client = await Client.create(first, { security: "teaching" }) makes the secret key; client.continuedBy(second) is the same client in the second program. Each server gets the evaluation keys of its own program.',
    "const next = client.continuedBy(second); const one = await servers[0].connect(client.evaluationKeys); const two = await servers[1].connect(next.evaluationKeys); return next.decrypt(await two.run(await one.run(client.encrypt(image))));",
  ],
  async draw(random) {
    const network = smallNetwork(random);
    const [first, second] = await twoPrograms(network);
    const image = smallImage(random);
    return {
      question: {
        programs: [JSON.stringify(first), JSON.stringify(second)],
        image: { shape: image.shape, data: [...image.data] },
      },
      secret: plainLogits(network, image),
    };
  },
  async ask(answer, { programs, image: { shape, data } }) {
    const [first, second] = programs.map((json) => Program.fromJSON(JSON.parse(json)));
    await using one = await Server.start(first, { threads: 0 });
    await using two = await Server.start(second, { threads: 0 });
    const [seenByOne, seenByTwo] = [unseen(), unseen()];
    const given = { seen: [seenByOne, seenByTwo] as [Seen, Seen] };
    try {
      const places = [watched(one, seenByOne), watched(two, seenByTwo)] as const;
      const specs = [first.clientSpec, second.clientSpec] as const;
      const logits: unknown = await answer(specs, places, tensor(shape, data));
      return { ...given, logits: valuesOf(logits) };
    } catch (thrown) {
      if (thrown instanceof Error && isStubMessage(thrown.message)) throw thrown;
      const words = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : shown(thrown);
      return { ...given, threw: words.slice(0, 500) };
    }
  },
  judge(_, expected, response) {
    const parsed = responseSchema.safeParse(response);
    if (!parsed.success)
      throw new InputError(`splitInference: expected logits, got ${shown(response)}; return them`);
    const { seen, threw, logits } = parsed.data;
    const untouched =
      threw === undefined && logits === undefined && seen.every(({ key }) => key === undefined);
    if (untouched) return { ...wrong("splitInference is still to be written", 1), untouched: true };
    const verdict = judgeSeen(seen);
    if (verdict) return verdict;
    if (threw !== undefined) return judgeThrown(threw, seen);
    const wrongly = wrongLogit(expected, numbers("splitInference", logits, expected.length));
    return wrongly === undefined ? right("neither saw more than ciphertexts") : wrong(wrongly, 1);
  },
};

const unseen = (): Seen => ({ isOthers: false, requests: [], answers: [] });

const digestOf = (bytes: Uint8Array) => bytesToHex(sha256(bytes));

/** A server that notes what its bytes say of themselves. */
function watched(server: Server, seen: Seen): Place {
  const { parameters, digest, clientSpec } = server.program;
  return {
    async connect(evaluationKeys) {
      try {
        seen.key = keysFromBytes(evaluationKeys, parameters, digest, clientSpec).key;
      } catch {
        seen.isOthers = true;
      }
      const session = await server.connect(evaluationKeys);
      return {
        async run(request) {
          seen.requests.push(digestOf(request));
          const { response } = await session.run(request);
          seen.answers.push(digestOf(response));
          return response;
        },
      };
    },
  };
}

function valuesOf(logits: unknown): unknown {
  const { data } = (logits ?? {}) as Partial<Tensor>;
  return data === undefined ? logits : [...data];
}

/** What is wrong with what the servers got, where something is. */
function judgeSeen([one, two]: readonly [Seen, Seen]): Verdict | undefined {
  const other = [one, two].findIndex(({ isOthers }) => isOthers);
  if (other >= 0) {
    return wrong(
      `server ${other + 1} got evaluation keys that are not its program's: programs rotate by steps of their own, so each has keys of its own`,
      2,
    );
  }
  if (one.key !== undefined && two.key !== undefined && one.key !== two.key) {
    return wrong(
      "the two servers got keys of two different secret keys: what the first leaves, the second cannot go on with; make the second client of the first one",
      2,
    );
  }
  const asked = two.requests[0];
  if (asked !== undefined && !one.answers.includes(asked)) {
    return wrong(
      "the second server was sent something else than the first one's answer, which is a ciphertext already: it goes on as it is",
      2,
    );
  }
  return undefined;
}

function judgeThrown(threw: string, [, two]: readonly [Seen, Seen]): Verdict {
  return two.answers.length > 0
    ? wrong(
        `it decrypts by the wrong specification: the answer is the second program's, and so is the client that opens it (${threw})`,
        2,
      )
    : wrong(`splitInference threw ${threw}`, 1);
}
