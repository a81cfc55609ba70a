import { requireArgument } from "../../arguments.js";
import { InputError } from "../../errors.js";
import { readOnnx } from "../../formats/onnx/read.js";
import type { OnnxSession } from "../../formats/onnx/session.js";
import { giveWay } from "../../long-work.js";
import { fitOf, fitted } from "../../model/fit-images.js";
import { layerForward, requireBatchOf, type Network } from "../../model/model.js";
import { concatenate } from "../../tensor/concatenate.js";
import { requireTensor, sizeOf, type Tensor } from "../../tensor/tensor.js";
import { fetchBytes, pageAddress } from "../fetch-bytes.js";

/** All layers' outputs of so many images are in memory at a time. */
const imagesAtATime = 100;

/**
 * Reads an ONNX model as a plain network of this library, which runs it in double precision. A page has no onnxruntime:
 * its WebAssembly is 3.7 MB compressed (onnxruntime-web 1.30).
 *
 * @param source The file's bytes, or its address; a relative one is taken from the page or the worker.
 * @throws InputError if it cannot be fetched, or is no ONNX file that `readOnnx` reads.
 * @throws UnsupportedLayersError if there are layers that cannot even be run.
 * @example
 * const session = await onnxSession(writeOnnx(model));
 * const logits = await session.run(tensor([1, 1, 28, 28], pixels));
 * session.runner; // "plain network"
 */
export async function onnxSession(source: Uint8Array | string): Promise<OnnxSession> {
  const isSource = source instanceof Uint8Array || typeof source === "string";
  requireArgument("onnxSession", isSource, "the bytes of an ONNX file, or its address", source);
  let network: Network | undefined = readOnnx(typeof source === "string" ? await fileAt(source) : source);
  return {
    runner: "plain network",
    async run(images) {
      if (!network) throw new InputError("onnxSession: expected a session, got one that was released");
      return forward(network, images);
    },
    async release() {
      network = undefined;
    },
  };
}

/**
 * Runs an ONNX model once, as {@link onnxSession} does.
 *
 * @param batch `[n, …inputShape]`
 * @throws InputError if the model cannot be read, or does not take the batch.
 * @example const logits = await runOnnx(writeOnnx(model), batch)
 */
export async function runOnnx(bytes: Uint8Array, batch: Tensor): Promise<Tensor> {
  return (await onnxSession(bytes)).run(batch);
}

async function fileAt(written: string): Promise<Uint8Array> {
  const address = URL.parse(written, pageAddress());
  if (address) return fetchBytes("onnxSession", address, "serve it there, or give the file's bytes");
  throw new InputError(
    `onnxSession: "${written}" is no address here; give the whole of it, as https://example.org/model.onnx`,
  );
}

async function forward({ inputShape, layers }: Network, images: Tensor): Promise<Tensor> {
  requireTensor("onnxSession: batch", images);
  const [count, ...shape] = images.shape;
  const fit = fitOf(shape, inputShape);
  const batch = fit ? fitted(images, fit, inputShape) : images;
  requireBatchOf(inputShape, batch, "onnxSession: the model");
  const size = sizeOf(inputShape);
  const outputs: Tensor[] = [];
  for (let first = 0; first < count; first += imagesAtATime) {
    const data = batch.data.subarray(first * size, (first + imagesAtATime) * size);
    const part: Tensor = { shape: [data.length / size, ...inputShape], data };
    outputs.push(layers.reduce((values, layer) => layerForward(layer, values), part));
    await giveWay();
  }
  return concatenate(outputs);
}
