import type { InferenceSession } from "onnxruntime-node";
import { InputError } from "../../errors.js";
import type { OnnxSession } from "../../formats/onnx/session.js";
import { concatenate } from "../../tensor/concatenate.js";
import { formatShape, requireTensor, sizeOf, tensor, type Shape, type Tensor } from "../../tensor/tensor.js";
import { requirePackages } from "../optional-packages.js";

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
  return typeof size === "string" ? count : size;
}

/** Images `first` to `first + count − 1` of a batch; the last one again where there are no more. */
function chunkOf({ shape: [images, ...shape], data }: Tensor, first: number, count: number): Float64Array {
  const size = sizeOf(shape);
  const chunk = new Float64Array(count * size);
  for (let i = 0; i < count; i++) {
    const image = Math.min(first + i, images - 1);
    chunk.set(data.subarray(image * size, (image + 1) * size), i * size);
  }
  return chunk;
}

/**
 * onnxruntime-node collects what it calls telemetry (a device id, models' names, …) in the user's cache folder and sends
 * it, unless this variable says otherwise when its library is loaded.
 */
async function loadOnnxruntime() {
  process.env.ORT_DISABLE_TELEMETRY ||= "1";
  return import("onnxruntime-node");
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
  const ort = await loadOnnxruntime();
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
    runner: "onnxruntime",
    async run(images) {
      requireTensor("onnxSession: batch", images);
      const batch = inModelsOrder(input.shape, images);
      const [count, ...imageShape] = batch.shape;
      const perRun = imagesPerRun(input.shape, batch.shape);
      const outputs: Tensor[] = [];
      try {
        for (let first = 0; first < count; first += perRun) {
          const data = chunkOf(batch, first, perRun);
          outputs.push(firstImages(await runOnce([perRun, ...imageShape], data), count - first));
        }
      } catch (error) {
        throw unusable(`onnxSession: a batch of ${formatShape(batch.shape)}`, error);
      }
      return concatenate(outputs);
    },
    release: () => session.release(),
  };
}

/** A batch without what lies beyond so many images. */
function firstImages({ shape: [count, ...shape], data }: Tensor, most: number): Tensor {
  const kept = Math.min(count, most);
  return { shape: [kept, ...shape], data: data.subarray(0, kept * sizeOf(shape)) };
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
