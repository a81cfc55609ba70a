import type { InferenceSession } from "onnxruntime-node";
import { InputError } from "../../errors.js";
import { formatShape, sizeOf, tensor, type Shape, type Tensor } from "../../tensor/tensor.js";
import { requirePackages } from "../optional-packages.js";

/** An ONNX model in onnxruntime, ready to run any number of times. */
export interface OnnxSession {
  /**
   * Runs a batch `[n, …inputShape]` and returns the model's single output as doubles. A model with a fixed
   * batch size is run as often as the batch needs; one that takes images `[n, height, width, channels]`, as those made
   * by TensorFlow do, is given them so.
   *
   * @throws InputError if the batch does not suit the model.
   */
  run(batch: Tensor): Promise<Tensor>;
  /** Frees onnxruntime's memory; the session cannot run afterwards. */
  release(): Promise<void>;
}

const silent = 4;
const sessionOptions: InferenceSession.SessionOptions = {
  logSeverityLevel: silent,
  // One thread: the models are small, and onnxruntime complains on stderr where it may not pin its threads.
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  // The optimizer merges any padding into an average pool, and then refuses what is wider than the kernel.
  graphOptimizationLevel: "disabled",
};

/** onnxruntime answers with errors of its own, many lines long; the first line says what is wrong. */
function unusable(operation: string, error: unknown): InputError {
  if (error instanceof InputError) return error;
  const text = error instanceof Error ? error.message : String(error);
  const [line] = text.trim().split(/\s*\n/);
  return new InputError(`${operation}: onnxruntime refuses it: ${line.replace(/^Error: /, "")}`);
}

/** The model's only input. @throws InputError if it has several, or several outputs, or takes no floats. */
function onlyInput({ inputMetadata, outputNames }: InferenceSession) {
  const [input] = inputMetadata;
  if (inputMetadata.length !== 1 || outputNames.length !== 1 || !input.isTensor) {
    throw new InputError(
      `onnxSession: expected a model with one input and one output, ` +
        `got ${inputMetadata.length} and ${outputNames.length}`,
    );
  }
  if (input.type !== "float32" && input.type !== "float64") {
    throw new InputError(
      `onnxSession: input "${input.name}" takes ${input.type}, expected float32 or float64; ` +
        `export the model in float32`,
    );
  }
  return { name: input.name, isDouble: input.type === "float64", shape: input.shape };
}

type InputShape = readonly (number | string)[];

const suits = (inputShape: InputShape, shape: Shape) =>
  inputShape.length === shape.length &&
  inputShape.every((axis, i) => i === 0 || typeof axis === "string" || axis === shape[i]);

const withoutOnes = (shape: InputShape) => shape.slice(1).filter((size) => size !== 1);

/** Images with the channels last, or without axes of size 1, if only so they suit the model. */
function inModelsOrder(inputShape: InputShape, batch: Tensor): Tensor {
  const isFixed = inputShape.slice(1).every((size) => typeof size === "number");
  if (isFixed && withoutOnes(inputShape).join() === withoutOnes(batch.shape).join()) {
    return { ...batch, shape: [batch.shape[0], ...(inputShape.slice(1) as number[])] };
  }
  const [count, channels, height, width] = batch.shape;
  const shape = [count, height, width, channels];
  if (suits(inputShape, batch.shape) || batch.shape.length !== 4 || !suits(inputShape, shape)) return batch;
  const pixels = height * width;
  const data = batch.data.map((_, index) => {
    const image = Math.floor(index / (pixels * channels));
    const pixel = Math.floor(index / channels) % pixels;
    return batch.data[(image * channels + (index % channels)) * pixels + pixel];
  });
  return { shape, data };
}

/** How many images the model takes at a time: as many as there are, unless its batch axis is fixed. */
function imagesPerRun(inputShape: InputShape, batchShape: Shape): number {
  const [count] = batchShape;
  const [size] = inputShape;
  if (!suits(inputShape, batchShape) || !(count > 0)) {
    throw new InputError(
      `onnxSession: the model expects a batch [${inputShape.join(", ")}], got [${batchShape.join(", ")}]`,
    );
  }
  if (typeof size === "string") return count;
  if (count % size !== 0) {
    throw new InputError(
      `onnxSession: the model takes exactly ${size} images at a time, got ${count}; ` +
        `give it a multiple of ${size}, or export it with a symbolic batch axis`,
    );
  }
  return size;
}

/**
 * Loads an ONNX model into onnxruntime.
 *
 * @param source The file's bytes, or its path, where weights lie in a file beside it.
 * @throws InputError if onnxruntime cannot load it, or is not installed.
 * @example
 * const session = await onnxSession(await readFile("model.onnx"));
 * const logits = await session.run(tensor([1, 1, 28, 28], pixels));
 * await session.release();
 */
export async function onnxSession(source: Uint8Array | string): Promise<OnnxSession> {
  requirePackages("onnxruntime");
  const ort = await import("onnxruntime-node");
  ort.env.logLevel = "fatal";
  const session = await (
    typeof source === "string"
      ? ort.InferenceSession.create(source, sessionOptions)
      : ort.InferenceSession.create(source, sessionOptions)
  ).catch((error: unknown) => {
    throw unusable("onnxSession", error);
  });
  const input = onlyInput(session);
  async function runOnce(shape: Shape, data: Float64Array): Promise<Tensor> {
    const feed = new ort.Tensor(
      input.isDouble ? "float64" : "float32",
      input.isDouble ? data : Float32Array.from(data),
      shape,
    );
    const output = Object.values(await session.run({ [input.name]: feed }))[0];
    return tensor(output.dims, output.data as ArrayLike<number>);
  }

  return {
    async run(images) {
      const batch = inModelsOrder(input.shape, images);
      const [count, ...imageShape] = batch.shape;
      const perRun = imagesPerRun(input.shape, batch.shape);
      const outputs: Tensor[] = [];
      try {
        for (let first = 0; first < count; first += perRun) {
          const data = batch.data.slice(first * sizeOf(imageShape), (first + perRun) * sizeOf(imageShape));
          outputs.push(await runOnce([perRun, ...imageShape], data));
        }
      } catch (error) {
        throw unusable(`onnxSession: a batch of ${formatShape(batch.shape)}`, error);
      }
      return concatenate(outputs);
    },
    release: () => session.release(),
  };
}

/** Batches of one shape, one after the other, as one batch. */
function concatenate(batches: readonly Tensor[]): Tensor {
  if (batches.length === 1) return batches[0];
  const [count, ...shape] = batches[0].shape;
  const data = new Float64Array(batches.length * batches[0].data.length);
  batches.forEach((batch, index) => data.set(batch.data, index * batch.data.length));
  return { shape: [batches.length * count, ...shape], data };
}

/**
 * Runs an ONNX model once: loads it, runs the batch, frees it.
 *
 * @param batch `[n, …inputShape]`
 * @throws InputError if onnxruntime cannot load the model or run the batch.
 * @example const logits = await runOnnx(writeOnnx(model), batch)
 */
export async function runOnnx(bytes: Uint8Array, batch: Tensor): Promise<Tensor> {
  const session = await onnxSession(bytes);
  try {
    return await session.run(batch);
  } finally {
    await session.release();
  }
}
