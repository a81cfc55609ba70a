import {
  Client,
  RemoteModel,
  compile,
  loadModel,
  loadNetwork,
  modelForward,
  tensor,
  type EvaluatorChoice,
  type EvaluatorKind,
} from "he-ml";
import type { Answer, Request } from "./messages.js";

/** What an encrypted inference in the page gave and took. */
export interface Outcome {
  readonly logits: readonly number[];
  readonly plainLogits: readonly number[];
  readonly stages: readonly string[];
  readonly evaluator: EvaluatorChoice;
  readonly isIsolated: boolean;
}

/** What the test calls. */
export interface Page {
  infer(name: string, pixels: readonly number[], evaluator: EvaluatorKind): Promise<Outcome>;
  /** What a model on a server makes of an image that it never sees. */
  classify(
    url: string,
    net: string,
    pixels: readonly number[],
  ): Promise<{ logits: number[]; predicted: number }>;
  /** Kinds of the layers of a model that is served. */
  kindsOf(url: string, inputShape: readonly number[]): Promise<readonly string[]>;
}

function evaluateInWorker(request: Request): Promise<Exclude<Answer, { failed: string }>> {
  const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
  return new Promise((resolve, reject) => {
    worker.onerror = ({ message }) => reject(new Error(`worker: ${message}`));
    worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      worker.terminate();
      if ("failed" in data) reject(new Error(`worker: ${data.failed}`));
      else resolve(data);
    };
    worker.postMessage(request);
  });
}

const page: Page = {
  async infer(name, pixels, evaluator) {
    const model = await loadModel(name);
    const program = await compile(model, { evaluator });
    const client = await Client.create(program.clientSpec);
    const evaluationKeys = client.evaluationKeys;
    const image = tensor([1, ...model.inputShape], pixels);
    const request = client.encrypt(image);
    const { response, traces, ...computed } = await evaluateInWorker({
      program: JSON.stringify(program),
      evaluationKeys,
      request,
    });
    const logits = client.decrypt(response);
    return {
      logits: [...logits.data],
      plainLogits: [...modelForward(model, image).at(-1)!.data],
      stages: traces.map(({ name }) => name),
      evaluator: computed.evaluator,
      isIsolated: crossOriginIsolated || "SharedArrayBuffer" in globalThis,
    };
  },
  async classify(url, net, pixels) {
    const remote = await RemoteModel.connect(url, net);
    try {
      const { logits, predicted } = await remote.infer(tensor(remote.inputShape, pixels));
      return { logits: [...logits.data], predicted: predicted[0] };
    } finally {
      await remote.close();
    }
  },
  async kindsOf(url, inputShape) {
    const network = await loadNetwork(url, { inputShape });
    return network.layers.map(({ kind }) => kind);
  },
};

Object.assign(globalThis, { page });
