import type { Ciphertext, LevelAndScale } from "../crypto/ciphertext.js";
import { EncryptedTensor, requireEncrypted } from "../crypto/encrypted-tensor.js";
import { requireEvaluator, type SchemeEvaluator } from "../crypto/scheme-evaluator.js";
import { ciphertextCount, type EncryptedLayout } from "../crypto/packing.js";
import { InputError } from "../errors.js";
import { finishInTurns, runToEnd, type TurnOptions, type Step } from "../long-work.js";
import type { EncodedStep } from "./encoded-step.js";
import { describeLayer } from "../model/layer.js";
import { layerForward, layerOutputShape, type Layer } from "../model/model.js";
import type { ReencryptionLayer } from "../model/reencryption.js";
import { sizeOf, type Shape, type Tensor } from "../tensor/tensor.js";

/** The ciphertext at a row-major position. */
export type CiphertextAt = (index: number) => Ciphertext;

/** How one kind of layer computes on the ciphertexts of one image, or of one batch of images. */
export interface LayerKernel {
  /** Whether every input is read for one output only. */
  readonly elementWise?: boolean;
  /**
   * Level and scale of the outputs.
   *
   * @throws InputError if the modulus chain ends before this layer
   */
  outputState(input: LevelAndScale, inputShape: Shape): LevelAndScale;
  /** Gets ready for inputs at one level and scale; what it encodes is freed when the run is disposed of. */
  open(input: LevelAndScale, inputShape: Shape): KernelRun;
}

/** Computes output ciphertexts one at a time, cheapest in ascending order. */
export interface KernelRun extends Partial<Disposable> {
  /** @param inputs of one image (packing scalar) or of the whole batch */
  compute(inputs: CiphertextAt, outputIndex: number): Ciphertext;
}

/** An encoded layer about to compute on one input. */
export interface LayerRun extends Disposable {
  readonly output: EncryptedLayout;
  /** Whether every input is read for one output only. */
  readonly elementWise: boolean;
  /** Whether output `index` is the first that reads another image's inputs. */
  startsImage(index: number): boolean;
  /**
   * Computes output ciphertext `index`; the caller owns it. Cheapest in ascending order.
   *
   * @throws InputError naming the layer
   */
  compute(index: number): Ciphertext;
}

/**
 * A layer whose weights are encoded for CKKS: a function from encrypted tensor to encrypted tensor. It leaves its
 * input alone; the caller owns the output.
 *
 * @throws InputError (when called) if shape, level or scale of the input do not fit
 * @example
 * const conv = convolutional(he, { weights, bias, stride: 3 });
 * using features = conv(encryptedImage);
 */
export interface EncodedLayer<L extends Layer | ReencryptionLayer = Layer> extends EncodedStep {
  /** The same one ciphertext at a time, for whoever shares the work out. */
  open(input: EncryptedLayout & LevelAndScale, inputs: CiphertextAt): LayerRun;
  /** The layer in the clear. */
  readonly layer: L;
  /** Level and scale that inputs at `input` lead to. @throws InputError if the modulus chain ends before */
  outputState(input: LevelAndScale, inputShape: Shape): LevelAndScale;
}

/** What a run goes through: the layers of a model, and re-encryptions between them. */
export type RunnableLayer = EncodedLayer<Layer | ReencryptionLayer>;

/** Makes a callable encoded layer of a kernel. @throws InputError if there is no evaluator */
export function encodedLayer(evaluator: SchemeEvaluator, layer: Layer, kernel: LayerKernel): EncodedLayer {
  requireEvaluator(layer.kind, evaluator);
  const open: EncodedLayer["open"] = (input, inputs) => openRun(layer, kernel, input, inputs);
  const callable = (input: EncryptedTensor): EncryptedTensor => runToEnd(computeAll(layer, open, input));
  // A function's own name can only be defined anew, not assigned.
  Object.defineProperty(callable, "name", { value: layer.name });
  return Object.assign(callable, {
    kind: layer.kind,
    plain: (batch: Tensor) => layerForward(layer, batch),
    run: (input: EncryptedTensor, options?: TurnOptions) =>
      finishInTurns(computeAll(layer, open, input), options),
    open,
    layer,
    evaluator,
    outputState: (input: LevelAndScale, inputShape: Shape) => kernel.outputState(input, inputShape),
  });
}

function openRun(
  layer: Layer,
  kernel: LayerKernel,
  input: EncryptedLayout & LevelAndScale,
  inputs: CiphertextAt,
): LayerRun {
  const shape = layerOutputShape(layer, input.shape);
  kernel.outputState(input, input.shape);
  const inputSize = sizeOf(input.shape);
  const outputSize = sizeOf(shape);
  const run = kernel.open(input, input.shape);
  return {
    output: { shape, packing: input.packing, images: input.images },
    elementWise: kernel.elementWise ?? false,
    startsImage: (index) => index % outputSize === 0,
    compute(index) {
      const first = Math.floor(index / outputSize) * inputSize;
      try {
        return run.compute((i) => inputs(first + i), index % outputSize);
      } catch (error) {
        if (error instanceof InputError) throw new InputError(`${describeLayer(layer)}: ${error.message}`);
        throw error;
      }
    },
    [Symbol.dispose]: () => run[Symbol.dispose]?.(),
  };
}

function* computeAll(
  layer: Layer,
  open: EncodedLayer["open"],
  input: EncryptedTensor,
): Generator<Step, EncryptedTensor> {
  requireEncrypted(describeLayer(layer), input);
  const outputs: Ciphertext[] = [];
  try {
    using run = open(input, (index) => input.ciphertexts[index]);
    const total = ciphertextCount(run.output);
    while (outputs.length < total) {
      outputs.push(run.compute(outputs.length));
      yield { done: outputs.length, total };
    }
    return new EncryptedTensor(run.output, outputs);
  } catch (error) {
    for (const output of outputs) output[Symbol.dispose]();
    throw error;
  }
}
