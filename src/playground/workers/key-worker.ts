import {
  Client,
  InputError,
  RemoteModel,
  SecretContext,
  checkParameters,
  parametersSpec,
  tensor,
  tensorFromBytes,
  zeros,
  type RotationNeed,
} from "he-ml";
import { answerCalls } from "./calls.js";
import type { FromKeys, KeyWork, OpenedSlots, Pixels } from "./messages.js";
import { allSlots, byCiphertext } from "./one-tensor.js";
import { sentBodies } from "./sent-bodies.js";

let client: Client | undefined;
let remote: { readonly url: string; readonly net: string; readonly model: RemoteModel } | undefined;
let bench: SecretContext | undefined;

const imageOf = (pixels: Pixels) => tensor([1, 1, 28, 28], [...pixels]);

function joined(): Client {
  if (client) return client;
  throw new InputError("key worker: there are no keys yet; wait until the program is compiled");
}

function atBench(): SecretContext {
  if (bench) return bench;
  throw new InputError("key worker: the bench has no keys yet; encrypt first");
}

/** All slots of ciphertexts under the client's key. */
function opened(ciphertexts: readonly Uint8Array[]): OpenedSlots {
  const { parameters, spec } = joined();
  const twin = joined().twin(zeros([1, ...spec.inputShape]));
  const { data } = twin.decrypt({ ...allSlots(ciphertexts.length, parameters.slots), ciphertexts });
  return { kind: "decrypted slots", slots: byCiphertext(data, parameters.slots) };
}

/** Told at once, where the library would try for a while. */
async function requireAnswer(url: string): Promise<void> {
  const address = new URL("health", url.endsWith("/") ? url : `${url}/`);
  const answer = await fetch(address, { signal: AbortSignal.timeout(5000), credentials: "omit" }).catch(
    () => undefined,
  );
  if (answer?.ok) return;
  const reason = answer ? `it says ${answer.status}` : "no answer";
  throw new InputError(
    `server: ${url} cannot be reached (${reason}); see that "he-ml serve --cors ${self.origin}" runs there, and try again`,
  );
}

/** The model on a server; connected again where another one is asked for, or the last try failed. */
async function remoteModel(url: string, net: string): Promise<RemoteModel> {
  if (remote?.url === url && remote.net === net) return remote.model;
  const before = remote;
  remote = undefined;
  await before?.model.close().catch(() => undefined);
  const model = await RemoteModel.connect(url, net);
  remote = { url, net, model };
  return model;
}

const keyWork: KeyWork = {
  async join(spec) {
    const start = performance.now();
    client = await Client.create(spec);
    const bytes = client.evaluationKeys;
    return { kind: "evaluation keys", bytes, milliseconds: performance.now() - start };
  },
  async encrypt(pixels) {
    const start = performance.now();
    const bytes = joined().encrypt(imageOf(pixels));
    return { kind: "encrypted image", bytes, milliseconds: performance.now() - start };
  },
  async decrypt(response) {
    const start = performance.now();
    const logits = [...joined().decrypt(response).data];
    return { kind: "decrypted logits", logits, milliseconds: performance.now() - start };
  },
  open: async (ciphertexts) => opened(ciphertexts),
  openRequest: async (request) => opened(tensorFromBytes(request).ciphertexts),
  async classifyOn(url, net, pixels) {
    await requireAnswer(url);
    const { result, sent } = await sentBodies(async () => {
      try {
        const model = await remoteModel(url, net);
        return { parameters: model.parameters, ...(await model.infer(imageOf(pixels))) };
      } catch (error) {
        const failed = remote;
        remote = undefined;
        await failed?.model.close().catch(() => undefined);
        throw error;
      }
    });
    const { logits, traces, milliseconds, bytes, parameters } = result;
    return {
      kind: "answer of a server",
      ...{ logits: [...logits.data], traces, milliseconds, bytes, parameters, sent },
    };
  },
  async benchKeys(spec, rotations) {
    const parameters = checkParameters(spec);
    const written = JSON.stringify(parametersSpec(parameters));
    if (!bench || written !== JSON.stringify(parametersSpec(bench.parameters))) {
      bench = await SecretContext.create(parameters);
    }
    const needs = rotations.map((step): RotationNeed => ({ step, level: parameters.levels }));
    return { kind: "evaluation keys of the bench", keys: atBench().exportEvaluationKeys(needs) };
  },
  async benchEncrypt(values) {
    const { slots } = atBench().parameters;
    const layout = allSlots(1, slots);
    const filled = Float64Array.from({ length: slots }, (_, slot) => values[slot] ?? 0);
    const encrypted = atBench().encrypt(tensor([1, slots], [...filled]), layout);
    return { kind: "ciphertext of the bench", tensor: encrypted };
  },
  async benchOpen(tensors) {
    const slots = tensors.map((each) => Float64Array.from(atBench().decrypt(each).data));
    return { kind: "decrypted slots", slots };
  },
};

answerCalls<FromKeys>()(keyWork);
