import { test } from "@jest/globals";
import * as fc from "fast-check";
import { readOnnx } from "../../../src/he-ml/formats/onnx/read.js";
import { runOnnx } from "../../../src/he-ml/node/onnx/run.js";
import { writeOnnx } from "../../../src/he-ml/formats/onnx/write.js";
import { layerForward, modelForward, type Network } from "../../../src/he-ml/model/model.js";
import { tensor, type Tensor } from "../../../src/he-ml/tensor/tensor.js";
import { layerCases, layerKinds } from "../layers/random-layers.js";
import { expectSameInFloat32 } from "./onnx-support.js";

const inFloat32 = ({ shape, data }: Tensor) => tensor(shape, Float32Array.from(data));

test.each(layerKinds)(
  "onnxruntime computes a random layer as the plain forward does, and reads it back: %s",
  async (kind) => {
    // What gives the same for every image is refused, and told of elsewhere.
    const cases = layerCases(kind).filter(
      ({ layer }) => layer.kind !== "polynomial" || layer.coefficients.slice(1).some((c) => c !== 0),
    );
    const property = fc.asyncProperty(cases, async ({ layer, batch }) => {
      const images = inFloat32(batch);
      const network: Network = { name: "one layer", inputShape: batch.shape.slice(1), layers: [layer] };
      const expected = layerForward(layer, images);
      const bytes = writeOnnx(network);
      expectSameInFloat32(await runOnnx(bytes, images), expected);
      expectSameInFloat32(modelForward(readOnnx(bytes), images).at(-1)!, expected);
    });
    await fc.assert(property, { seed: 64, numRuns: 40 });
  },
);
