import type { Ciphertext, LevelAndScale } from "../crypto/ciphertext.js";
import type { Evaluator } from "../crypto/evaluator.js";
import { operationsBetween } from "../crypto/operation-counts.js";
import { requireTakenIn } from "../crypto/preconditions.js";
import { PublicContext } from "../crypto/public-context.js";
import { layeredSteps } from "../program/layered-steps.js";
import type { Answer, LayerTask, LayerWork } from "./messages.js";
import { sharedCiphertext, shareCiphertext, writeCiphertext, type SharedTensor } from "./shared-tensor.js";
import type { OpenClient } from "./worker-clients.js";

/** The ciphertexts of one tensor, each loaded when a layer first asks for it. */
class LoadedInputs {
  readonly #loaded = new Map<number, Ciphertext>();

  constructor(
    readonly id: number,
    private readonly evaluator: Evaluator,
    private readonly tensor: SharedTensor,
    private readonly expected: LevelAndScale,
    private readonly handedOver: boolean,
  ) {}

  /** @throws InputError if the bytes are damaged, or stand at another level or scale than expected */
  at(index: number): Ciphertext {
    const known = this.#loaded.get(index);
    if (known) return known;
    const bytes = sharedCiphertext(this.tensor, index);
    const ciphertext = this.handedOver ? this.evaluator.takeOver(bytes) : this.evaluator.load(bytes);
    this.#loaded.set(index, ciphertext);
    requireTakenIn(this.expected, ciphertext);
    return ciphertext;
  }

  forget(): void {
    for (const ciphertext of this.#loaded.values()) ciphertext[Symbol.dispose]();
    this.#loaded.clear();
  }
}

/** A worker's part in a `LayerExecutor`. */
export async function startLayers({ program, evaluator, kinds }: LayerWork): Promise<OpenClient<LayerTask>> {
  const context = await PublicContext.open(program.parameters, { evaluator, kernel: { kinds } });
  // One tensor at a time, whoever's it is: a batch takes hundreds of megabytes.
  let inputs: LoadedInputs | undefined;
  const forget = () => {
    inputs?.forget();
    inputs = undefined;
  };
  let isWarm = false;
  return (keys) => {
    const own = context.withKeys(keys);
    const he = own.evaluator;
    const layers = layeredSteps(he, program);
    if (!isWarm) warmUp(he, keys.relinKeys !== undefined);
    isWarm = true;
    return {
      compute({ layer, input, at, inputId, output, handedOver, from, to, stop }: LayerTask): Answer {
        if (inputs?.id !== inputId) {
          forget();
          inputs = new LoadedInputs(inputId, he, input, at, handedOver.input);
        }
        const held = inputs;
        const operationsBefore = he.operations;
        let after = at;
        using run = layers[layer].open({ ...input, ...at }, (index) => held.at(index));
        for (let index = from; index < to; index++) {
          if (Atomics.load(stop, 0) === 1) return { stopped: true };
          if (index > from && run.startsImage(index)) held.forget();
          using ciphertext = run.compute(index);
          if (handedOver.output) writeCiphertext(output, index, (to) => he.handOver(ciphertext, to));
          else shareCiphertext(output, index, he.save(ciphertext));
          after = { level: ciphertext.level, scale: ciphertext.scale };
          if (run.elementWise) held.forget();
        }
        return { result: { before: at, after, ops: operationsBetween(operationsBefore, he.operations) } };
      },
      [Symbol.dispose]() {
        forget();
        own[Symbol.dispose]();
      },
    };
  };
}

/**
 * V8 compiles WASM anew, and better, once it has run for a while: some tenths of a second in which the client is busy
 * encrypting. The scales are small enough for any chain.
 */
function warmUp(evaluator: Evaluator, relinearizes: boolean): void {
  const at = { level: evaluator.parameters.levels, scale: 2 };
  using a = evaluator.encryptZero(at);
  using b = evaluator.encryptZero(at);
  for (let round = 0; round < 30; round++) {
    using sum = evaluator.weightedSum([a, b], [1000, -333], 2);
    using squared = evaluator.square(sum);
    if (relinearizes) evaluator.relinearizeInplace(squared);
    if (squared.level > 1) evaluator.rescaleToNextInplace(squared);
  }
}
