import type { SchemeParameters } from "../crypto/scheme-parameters.js";
import { InputError } from "../errors.js";
import type { LongWorkOptions } from "../long-work.js";
import { reencryptPositionsFrom } from "../program/build-from-pytorch.js";
import type { compile } from "../program/compile.js";
import { imageAt, stack, type Tensor } from "../tensor/tensor.js";
import { openLayered } from "./layered-set.js";
import type { OpenedSet, RunCosts } from "./opened-set.js";
import { openPacked } from "./packed-set.js";
import type { ParameterSet } from "./parameter-set.js";
import { Recording } from "./recording.js";
import { setParameters, testedParameters } from "./set-parameters.js";
import type { TestedParameters, TestedSet } from "./test-report.js";
import type { TestedPart } from "./tested-part.js";

/** What a test needs of the machine around it. */
export interface TestTools {
  /** Plans packed sets. */
  readonly compile: typeof compile;
  /** Bytes that the process holds now; null where that cannot be read. */
  readonly memory: () => number | null;
}

export interface TestSetOptions extends Pick<LongWorkOptions, "signal"> {
  /** Whether every layer's line is kept, and not the last alone. */
  readonly debug: boolean;
  /** Told the step that is being computed. */
  readonly onStep?: (step: string) => void;
}

/**
 * Runs one parameter set on all images. What it cannot do becomes the reason in its result; only what is no fault of the
 * set is thrown.
 */
export async function testSet(
  part: TestedPart,
  set: ParameterSet,
  tools: TestTools,
  { debug, ...watch }: TestSetOptions,
): Promise<TestedSet> {
  const trial = new Trial(part, set, tools, watch);
  const outcome = await trial.run();
  const lines = trial.lines();
  const last = lines.at(-1);
  const done = outcome.status === "done" && last;
  return {
    given: set.given,
    ...(trial.parameters && { parameters: trial.parameters }),
    ...(set.spec.security === "teaching" && { insecure_for_teaching: true }),
    ...outcome,
    ...(done && {
      final_max_error: last.max_error,
      max_error: last.max_error,
      mean_error: last.mean_error,
      rms_error: last.rms_error,
      p99_error: last.p99_error,
      precision_bits: last.precision_bits,
      argmax_flips: last.argmax_flips,
    }),
    layers: debug ? lines : lines.slice(-1),
    ...trial.costs(),
    memory_bytes: trial.memory,
    time: new Date().toISOString(),
  };
}

type Outcome = Pick<TestedSet, "status" | "reason" | "failed_layer" | "images">;

/** One set on its way. */
class Trial {
  parameters?: TestedParameters;
  memory: number | null = null;
  #recording?: Recording;
  #opened?: OpenedSet;
  #images = 0;
  #running = false;
  #sums = { encrypt: 0, decrypt: 0, input: 0, output: 0 };

  constructor(
    private readonly part: TestedPart,
    private readonly set: ParameterSet,
    private readonly tools: TestTools,
    private readonly watch: Omit<TestSetOptions, "debug">,
  ) {}

  async run(): Promise<Outcome> {
    try {
      await this.#runAll();
      return { status: "done", images: this.#images };
    } catch (error) {
      this.watch.signal?.throwIfAborted();
      if (!isRefusal(error)) throw error;
      const failed_layer = this.#failedLayer(error);
      return {
        status: "failed",
        reason: error.message,
        ...(failed_layer && { failed_layer }),
        images: this.#images,
      };
    } finally {
      await this.#opened?.[Symbol.asyncDispose]();
    }
  }

  lines() {
    return this.#recording?.lines() ?? [];
  }

  /** What was done so far took; nothing where there are not even keys. */
  costs(): Pick<TestedSet, "milliseconds" | "bytes"> {
    if (!this.#opened || !this.#recording) return {};
    const { encrypt, decrypt, input, output } = this.#sums;
    return {
      milliseconds: {
        keys: this.#opened.keysMilliseconds,
        encrypt,
        evaluate: this.#recording.milliseconds,
        decrypt,
      },
      bytes: { input, output, evaluation_keys: this.#opened.evaluationKeyBytes },
    };
  }

  async #runAll(): Promise<void> {
    const { part, set } = this;
    const { signal } = this.watch;
    this.#measureMemory();
    const parameters = setParameters(set);
    const positions = positionsIn(set, part);
    this.parameters = testedParameters(
      parameters,
      set,
      positions.map((position) => part.first + position),
    );
    this.watch.onStep?.("keys and weights");
    this.#opened = await this.#open(parameters, positions);
    this.#recording = new Recording(part, parameters);
    this.#measureMemory();
    for (const batch of batches(part.images, this.#opened.imagesAtOnce)) {
      signal?.throwIfAborted();
      await this.#runBatch(this.#opened, this.#recording, batch);
      this.#images += batch.shape[0];
    }
  }

  #open(parameters: SchemeParameters, reencryptPositions: readonly number[]): Promise<OpenedSet> {
    const { part, set, tools, watch } = this;
    const toOpen = { part, reencryptPositions, signal: watch.signal };
    if (set.packing !== "packed") return openLayered({ ...toOpen, parameters }, set.packing);
    if (parameters.scheme === "ckks") return openPacked({ ...toOpen, parameters }, tools.compile);
    throw new InputError("packing packed: BFV computes layer by layer; take packing scalar or batch");
  }

  async #runBatch(opened: OpenedSet, recording: Recording, batch: Tensor): Promise<void> {
    let decrypted: Tensor | undefined;
    let decryptMilliseconds = 0;
    recording.begin();
    const run = opened.run(batch, {
      signal: this.watch.signal,
      onEncrypted: () => (this.#running = true),
      onProgress: ({ layer }) => {
        this.#measureMemory();
        this.watch.onStep?.(layer);
      },
      onDecrypted: (values, milliseconds) => {
        decrypted = values;
        decryptMilliseconds = milliseconds;
      },
    });
    for (;;) {
      const step = await run.next();
      if (step.done) return this.#add(step.value, decryptMilliseconds);
      recording.add(step.value, decrypted!);
      this.#measureMemory();
    }
  }

  #add({ encryptMilliseconds, inputBytes, outputBytes }: RunCosts, decryptMilliseconds: number): void {
    this.#running = false;
    this.#sums.encrypt += encryptMilliseconds;
    this.#sums.decrypt += decryptMilliseconds;
    this.#sums.input += inputBytes;
    this.#sums.output += outputBytes;
  }

  #measureMemory(): void {
    const held = this.tools.memory();
    if (held !== null) this.memory = Math.max(this.memory ?? 0, held);
  }

  /** The layer that was being computed, or else the first that the message names. */
  #failedLayer({ message }: Error): TestedSet["failed_layer"] {
    const { first, model } = this.part;
    const step = this.#running ? this.#opened?.steps[this.#recording!.position] : undefined;
    const [running] = step?.modelLayers ?? [];
    if (step && running !== undefined) return { index: first + running, layer_name: step.name };
    for (const [, quoted] of message.matchAll(/"([^"]+)"/g)) {
      const index = model.layers.findIndex(({ name }) => quoted.split("+").includes(name));
      if (index >= 0) return { index: first + index, layer_name: quoted };
    }
    return undefined;
  }
}

/** What parameters cannot do, or there is no memory for, is theirs; anything else is a fault of the program. */
const isRefusal = (error: unknown): error is Error =>
  error instanceof InputError || error instanceof RangeError;

/** @throws InputError if a position is none of the part's layers */
function positionsIn({ positions }: ParameterSet, { model, first }: TestedPart): number[] {
  const { length } = model.layers;
  if ("rencryptPositions" in positions) return reencryptPositionsFrom(positions.rencryptPositions, length);
  const outside = positions.reencryptPositions.find(
    (position) => position < first || position >= first + length,
  );
  if (outside !== undefined) {
    throw new InputError(
      `reencrypt_positions: expected layers within ${first}–${first + length - 1}, before which values are encrypted ` +
        `afresh, got ${outside}`,
    );
  }
  return positions.reencryptPositions.map((position) => position - first);
}

function* batches(images: Tensor, atOnce: number): Generator<Tensor> {
  const [count] = images.shape;
  for (let start = 0; start < count; start += atOnce) {
    const size = Math.min(atOnce, count - start);
    yield stack(Array.from({ length: size }, (_, i) => imageAt(images, start + i)));
  }
}
