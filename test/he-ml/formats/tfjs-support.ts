import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { tensor, type Tensor } from "../../../src/he-ml/tensor/tensor.js";
import { transpose } from "../../../src/he-ml/tensor/transpose.js";
import { randomTensor } from "./onnx-support.js";

/** A model as tfjs saves it: `model.json`, and the file with its weights. */
export interface SavedModel {
  readonly json: Record<string, unknown>;
  readonly weights: Uint8Array;
}

/** What `model.save` writes. */
export async function save(model: LayersModel): Promise<SavedModel> {
  const artifacts = await new Promise<tf.io.ModelArtifacts>((resolve, reject) => {
    const handler = tf.io.withSaveHandler((saved) => {
      resolve(saved);
      return Promise.resolve({ modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" } });
    });
    model.save(handler).catch(reject);
  });
  const { weightSpecs, weightData, modelTopology, format, generatedBy } = artifacts;
  return {
    json: {
      format,
      generatedBy,
      modelTopology,
      weightsManifest: [{ paths: ["weights.bin"], weights: weightSpecs }],
    },
    weights: new Uint8Array(tf.io.CompositeArrayBuffer.join(weightData)),
  };
}

export const encode = (json: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(json));

/** Gives every weight a random value, so that batch normalizations do something too; variances stay positive. */
export function randomizeWeights(model: LayersModel, seed: number): void {
  let next = seed;
  for (const layer of model.layers) {
    const weights = layer.weights.map((weight) => {
      const shape = weight.shape as number[];
      const { data } = randomTensor(shape, next++);
      const isVariance = weight.originalName.includes("variance");
      return tf.tensor(
        Float32Array.from(data, (value) => (isVariance ? value ** 2 + 0.5 : value / 2)),
        shape,
      );
    });
    layer.setWeights(weights);
    tf.dispose(weights);
  }
}

/** tfjs's own answer to images `[n, channels, height, width]`, or to rows of features. */
export function predict(model: LayersModel, batch: Tensor): Tensor {
  const images = batch.shape.length === 4 ? transpose(batch, [0, 2, 3, 1]) : batch;
  const output = tf.tidy(
    () => model.predict(tf.tensor(Float32Array.from(images.data), [...images.shape])) as tf.Tensor,
  );
  const result = tensor(output.shape, output.dataSync());
  output.dispose();
  return result;
}
