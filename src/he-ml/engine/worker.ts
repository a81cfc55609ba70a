import { workerData } from "piscina";
import type { Ciphertext, LevelAndScale } from "../crypto/ciphertext.js";
import { operationsBetween } from "../crypto/operation-counts.js";
import { PublicContext } from "../crypto/public-context.js";
import type { SealEvaluator } from "../crypto/seal-evaluator.js";
import { InputError } from "../errors.js";
import type { EncodedLayer } from "../layers/encoded-layer.js";
import { buildFromModel } from "../net-builder/build-from-model.js";
import { sharedCiphertext, shareCiphertext, type SharedTensor } from "./shared-tensor.js";
import type { Barrier, Task, TaskOutcome, WorkerSetup } from "./task.js";

/** The ciphertexts of one tensor, each loaded when a layer first asks for it. */
class LoadedInputs {
  readonly #loaded = new Map<number, Ciphertext>();
  #first: LevelAndScale | undefined;

  constructor(
    readonly id: number,
    private readonly evaluator: SealEvaluator,
    private readonly tensor: SharedTensor,
  ) {}

  /** @throws InputError if the bytes are damaged, or stand at another level or scale than the others */
  at(index: number): Ciphertext {
    const known = this.#loaded.get(index);
    if (known) return known;
    const ciphertext = this.evaluator.load(sharedCiphertext(this.tensor, index));
    this.#loaded.set(index, ciphertext);
    this.#first ??= { level: ciphertext.level, scale: ciphertext.scale };
    if (ciphertext.level !== this.#first.level || ciphertext.scale !== this.#first.scale) {
      throw new InputError(
        `ciphertext ${index} stands at another level or scale than the others of its tensor`,
      );
    }
    return ciphertext;
  }

  forget(): void {
    for (const ciphertext of this.#loaded.values()) ciphertext[Symbol.dispose]();
    this.#loaded.clear();
  }
}

/** One worker's server: it computes shares of layers, and cannot decrypt anything. */
class Server {
  #inputs: LoadedInputs | undefined;

  constructor(
    private readonly evaluator: SealEvaluator,
    private readonly layers: readonly EncodedLayer[],
  ) {}

  static async start({ parameters, keys, model }: WorkerSetup): Promise<Server> {
    const { evaluator } = await PublicContext.load(parameters, keys);
    warmUp(evaluator);
    return new Server(evaluator, buildFromModel(evaluator, model));
  }

  compute({ layer, input, inputId, output, from, to, stop }: Task): TaskOutcome {
    const inputs = this.#inputsOf(inputId, input);
    const operationsBefore = this.evaluator.operations;
    const { level, scale } = inputs.at(0);
    const before: LevelAndScale = { level, scale };
    let after = before;
    using run = this.layers[layer].open({ ...input, ...before }, (index) => inputs.at(index));
    for (let index = from; index < to; index++) {
      if (Atomics.load(stop, 0) === 1) return { stopped: true };
      if (index > from && run.startsImage(index)) inputs.forget();
      using ciphertext = run.compute(index);
      shareCiphertext(output, index, this.evaluator.save(ciphertext));
      after = { level: ciphertext.level, scale: ciphertext.scale };
      if (run.elementWise) inputs.forget();
    }
    return { before, after, ops: operationsBetween(operationsBefore, this.evaluator.operations) };
  }

  #inputsOf(id: number, tensor: SharedTensor): LoadedInputs {
    if (this.#inputs?.id !== id) {
      this.#inputs?.forget();
      this.#inputs = new LoadedInputs(id, this.evaluator, tensor);
    }
    return this.#inputs;
  }
}

/**
 * V8 compiles WASM anew, and better, once it has run for a while: some tenths of a second in which the client is busy
 * encrypting. The scales are small enough for any chain.
 */
function warmUp(evaluator: SealEvaluator): void {
  const at = { level: evaluator.parameters.levels, scale: 2 };
  using a = evaluator.encryptZero(at);
  using b = evaluator.encryptZero(at);
  for (let round = 0; round < 30; round++) {
    using sum = evaluator.weightedSum([a, b], [1000, -333], 2);
    using squared = evaluator.square(sum);
    evaluator.relinearizeInplace(squared);
    if (squared.level > 1) evaluator.rescaleToNextInplace(squared);
  }
}

function arrive({ missing }: Barrier): void {
  if (Atomics.sub(missing, 0, 1) === 1) Atomics.notify(missing, 0);
  for (let left = Atomics.load(missing, 0); left > 0; left = Atomics.load(missing, 0)) {
    Atomics.wait(missing, 0, left);
  }
}

type Handler = (work: Task | Barrier) => TaskOutcome;

/** Resolves even when the server cannot start: the reason is the answer to whatever is asked first. */
async function start(setup: WorkerSetup): Promise<Handler> {
  const server = await Server.start(setup).catch((error: unknown) => ({
    compute(): never {
      throw error;
    },
  }));
  return (work) => {
    try {
      if (!("missing" in work)) return server.compute(work);
      arrive(work);
      return server instanceof Server ? { stopped: true } : server.compute();
    } catch (error) {
      if (error instanceof InputError) return { refused: error.message };
      throw error;
    }
  };
}

// Piscina waits for a promised handler before it gives the worker its first task.
export default start(workerData as WorkerSetup);
