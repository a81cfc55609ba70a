import { workerData } from "piscina";
import type { Ciphertext, LevelAndScale } from "../crypto/ciphertext.js";
import { operationsBetween } from "../crypto/operation-counts.js";
import { PublicContext } from "../crypto/public-context.js";
import type { SealEvaluator } from "../crypto/seal-evaluator.js";
import { InputError } from "../errors.js";
import { buildFromModel } from "../net-builder/build-from-model.js";
import {
  share,
  type Barrier,
  type Task,
  type TaskOutcome,
  type TaskResult,
  type WorkerSetup,
} from "./task.js";

/** The ciphertexts of one tensor, each loaded when a layer first asks for it. */
class LoadedInputs implements Disposable {
  readonly #loaded = new Map<number, Ciphertext>();

  constructor(
    readonly id: number,
    private readonly evaluator: SealEvaluator,
    private readonly serialized: readonly Uint8Array[],
  ) {}

  at(index: number): Ciphertext {
    let ciphertext = this.#loaded.get(index);
    if (!ciphertext) {
      ciphertext = this.evaluator.load(this.serialized[index]);
      this.#loaded.set(index, ciphertext);
    }
    return ciphertext;
  }

  [Symbol.dispose](): void {
    for (const ciphertext of this.#loaded.values()) ciphertext[Symbol.dispose]();
  }
}

async function start({
  parameters,
  keys,
  model,
}: WorkerSetup): Promise<(work: Task | Barrier) => TaskOutcome | undefined> {
  const { evaluator } = await PublicContext.load(parameters, keys);
  const layers = buildFromModel(evaluator, model);
  let inputs: LoadedInputs | undefined;

  const compute = ({ layer, input, inputId, from, to }: Task): TaskResult => {
    if (inputs?.id !== inputId) {
      inputs?.[Symbol.dispose]();
      inputs = new LoadedInputs(inputId, evaluator, input.ciphertexts);
    }
    const loaded = inputs;
    const operationsBefore = evaluator.operations;
    const { level, scale } = loaded.at(0);
    const { shape, packing, images } = input;
    using run = layers[layer].open({ shape, packing, images, level, scale }, (index) => loaded.at(index));
    const saved: Uint8Array[] = [];
    let after: LevelAndScale = { level, scale };
    for (let index = from; index < to; index++) {
      using output = run.compute(index);
      saved.push(evaluator.save(output));
      after = { level: output.level, scale: output.scale };
    }
    return {
      ciphertexts: share(saved),
      before: { level, scale },
      after,
      ops: operationsBetween(operationsBefore, evaluator.operations),
    };
  };

  return (work) => {
    if ("missing" in work) return arrive(work);
    try {
      return compute(work);
    } catch (error) {
      if (error instanceof InputError) return { refused: error.message };
      throw error;
    }
  };
}

function arrive({ missing }: Barrier): undefined {
  if (Atomics.sub(missing, 0, 1) === 1) Atomics.notify(missing, 0);
  for (let left = Atomics.load(missing, 0); left > 0; left = Atomics.load(missing, 0))
    Atomics.wait(missing, 0, left);
}

// Piscina waits for a promised handler before it gives the worker its first task.
export default start(workerData as WorkerSetup);
