import type { EvaluatorKind, Explanation, LayerTrace } from "he-ml";
import { valuesOf, type GreyImage } from "../state/grey-levels.js";
import type { ModelName } from "../state/link.js";
import type { Pixels, PlainStage, SentBody } from "../workers/messages.js";
import { sentBody } from "../workers/sent-bodies.js";
import type { Workers } from "../workers/start.js";

/** One phase of a classification: who did it, how long it took, and what went on to the next. */
export interface Phase {
  readonly name: string;
  readonly who: "keys" | "evaluation" | "network";
  readonly milliseconds: number;
  /** Bytes that came out of it, and travel. */
  readonly bytes?: number;
}

/** What a classification came to. */
export interface Classified {
  readonly logits: readonly number[];
  readonly plainLogits: readonly number[];
  readonly traces: readonly LayerTrace[];
  /** What was made once, before the first image: program and keys. */
  readonly setup: readonly Phase[];
  readonly phases: readonly Phase[];
  /** What left the client. */
  readonly sent: readonly SentBody[];
  /** What computed, in words. */
  readonly evaluator: string;
}

/** A stage's slots, plain beside decrypted. */
export interface InsideStage extends PlainStage {
  readonly decrypted: readonly Float64Array[];
  /** The largest error that was expected behind a stage. */
  readonly predictedError?: number;
}

const folderOf = (model: ModelName): string => new URL(`../lib/models/${model}/`, document.baseURI).href;

/** Classifies images in this page: keys in one worker, ciphertexts computed on in another. */
export class Classifier {
  #prepared?: { readonly model: ModelName; readonly setup: Promise<readonly Phase[]> };
  #explained?: { readonly model: ModelName; readonly explanation: Promise<Explanation> };
  /** What was classified last. */
  #last?: { readonly model: ModelName; readonly pixels: Pixels; readonly request: Uint8Array };

  constructor(
    private readonly workers: Workers,
    private readonly evaluator: EvaluatorKind,
  ) {}

  /** Compiles a model, makes keys, and encodes the weights, where that is not done yet. */
  prepare(model: ModelName): Promise<readonly Phase[]> {
    if (this.#prepared?.model !== model) {
      // One model after the other: each of the workers has one program at a time.
      const before = this.#prepared?.setup.catch(() => undefined);
      const setup = Promise.resolve(before).then(() => this.#prepare(model));
      const prepared = { model, setup };
      this.#prepared = prepared;
      setup.catch(() => {
        if (this.#prepared === prepared) this.#prepared = undefined;
      });
    }
    return this.#prepared!.setup;
  }

  async #prepare(model: ModelName): Promise<readonly Phase[]> {
    const { keys, evaluation } = this.workers;
    const compiled = await evaluation.compile({ folder: folderOf(model), evaluator: this.evaluator });
    const [made, started] = await Promise.all([keys.join(compiled.spec), evaluation.start()]);
    const connected = await evaluation.connect(made.bytes);
    return [
      { name: "plan the program", who: "evaluation", milliseconds: compiled.milliseconds },
      { name: "make keys", who: "keys", milliseconds: made.milliseconds, bytes: made.bytes.length },
      { name: "encode the weights", who: "evaluation", milliseconds: started.milliseconds },
      { name: "take in the evaluation keys", who: "evaluation", milliseconds: connected.milliseconds },
    ];
  }

  async classify(model: ModelName, image: GreyImage): Promise<Classified> {
    const { keys, evaluation, plain } = this.workers;
    const pixels = valuesOf(image);
    const plainLogits = plain.logits(folderOf(model), pixels);
    plainLogits.catch(() => undefined);
    const setup = await this.prepare(model);
    const encrypted = await keys.encrypt(pixels);
    const computed = await evaluation.run(encrypted.bytes);
    const decrypted = await keys.decrypt(computed.response);
    this.#last = { model, pixels, request: encrypted.bytes };
    return {
      logits: decrypted.logits,
      plainLogits: await plainLogits,
      traces: computed.traces,
      setup,
      phases: [
        { name: "encrypt", who: "keys", milliseconds: encrypted.milliseconds, bytes: encrypted.bytes.length },
        {
          name: "evaluate",
          who: "evaluation",
          milliseconds: computed.milliseconds,
          bytes: computed.response.length,
        },
        { name: "decrypt", who: "keys", milliseconds: decrypted.milliseconds },
      ],
      sent: [sentBody("to the evaluation worker", "", encrypted.bytes)],
      evaluator: computed.evaluator,
    };
  }

  /** The program of a model that is prepared, told in advance. */
  explain(model: ModelName): Promise<Explanation> {
    if (this.#explained?.model !== model) {
      this.#explained = { model, explanation: this.workers.evaluation.explain() };
    }
    return this.#explained!.explanation;
  }

  /**
   * What lies in the slots of the input and behind each stage, of the image that was classified last. The secret key opens what no
   * client would ever get from a server: this is for learning, and in the page only.
   */
  async inside(): Promise<readonly InsideStage[]> {
    const { keys, evaluation, plain } = this.workers;
    if (!this.#last) return [];
    const { model, pixels, request } = this.#last;
    const [plainStages, stages] = await Promise.all([
      evaluation.program().then((program) => plain.stages(program, pixels)),
      evaluation.stages(request),
    ]);
    const decrypted = [
      await keys.openRequest(request),
      ...(await Promise.all(stages.map(({ ciphertexts }) => keys.open(ciphertexts)))),
    ];
    const explained = await this.explain(model);
    return plainStages.map((stage, index) => ({
      ...stage,
      decrypted: decrypted[index].slots,
      predictedError: explained.stages[index - 1]?.predictedMaxError,
    }));
  }

  /** Has an image classified by a server. */
  async classifyOn(url: string, model: ModelName, image: GreyImage): Promise<Classified> {
    const { keys, plain } = this.workers;
    const pixels = valuesOf(image);
    const [answer, plainLogits] = await Promise.all([
      keys.classifyOn(url, model, pixels),
      plain.logits(folderOf(model), pixels),
    ]);
    const { milliseconds, bytes } = answer;
    return {
      ...{ logits: answer.logits, plainLogits, traces: answer.traces, setup: [], sent: answer.sent },
      phases: [
        { name: "encrypt", who: "keys", milliseconds: milliseconds.encrypt, bytes: bytes.input },
        { name: "upload", who: "network", milliseconds: milliseconds.upload },
        { name: "wait for its turn", who: "network", milliseconds: milliseconds.queue },
        { name: "evaluate", who: "evaluation", milliseconds: milliseconds.evaluate, bytes: bytes.output },
        { name: "download", who: "network", milliseconds: milliseconds.download },
        { name: "decrypt", who: "keys", milliseconds: milliseconds.decrypt },
      ],
      evaluator: `the server at ${url}`,
    };
  }
}
