import { expect } from "@jest/globals";
import type { ClearCiphertext, ClearEvaluator } from "../../../src/he-ml/crypto/clear-evaluator.js";
import type { EncryptedTensor } from "../../../src/he-ml/crypto/encrypted-tensor.js";
import type { CkksParameters } from "../../../src/he-ml/crypto/parameters.js";
import { encodeLayer } from "../../../src/he-ml/layers/encode.js";
import type { EncodedLayer } from "../../../src/he-ml/layers/encoded-layer.js";
import { definitionOf } from "../../../src/he-ml/model/layers.js";
import { layerForward, type Layer } from "../../../src/he-ml/model/model.js";
import { maxAbs, type Tensor } from "../../../src/he-ml/tensor/tensor.js";
import { maxAbsDifference, sigmas, type SealSide, type Side } from "../support.js";
import type { LayerCase } from "./random-layers.js";

/** Largest error that rounding weights and bias to their scale can make, plus what doubles lose. */
function roundingBound(parameters: CkksParameters, layer: Layer, batch: Tensor): number {
  const terms = roundedTerms(layer);
  return terms * maxAbs(batch.data) * 2 ** -(parameters.weightScaleBits + 1) + 2 ** -32;
}

function roundedTerms(layer: Layer): number {
  if (layer.kind === "polynomial") return layer.coefficients.length - 1;
  if (!("weights" in layer)) return 0;
  return layer.weights.data.length / definitionOf(layer).weightChannels(layer).outputs;
}

/** Applies a layer and checks that its result stands where `outputState` promised. */
function apply(encoded: EncodedLayer, input: EncryptedTensor): EncryptedTensor {
  const promised = encoded.outputState(input, input.shape);
  const output = encoded(input);
  expect(output.ciphertexts.map(({ level, scale, size }) => ({ level, scale, size }))).toEqual(
    output.ciphertexts.map(() => ({ ...promised, size: 2 })),
  );
  expect([output.packing, output.images]).toEqual([input.packing, input.images]);
  return output;
}

/** Runs a case on the clear twin; returns the error that it predicts for real ciphertexts. */
export function checkOnTwin(side: Side<ClearEvaluator>, { layer, batch, packing }: LayerCase): number {
  const output = apply(encodeLayer(side.evaluator, layer), side.encrypt(batch, packing));
  const expected = layerForward(layer, batch);
  const decrypted = side.decrypt(output);
  expect(decrypted.shape).toEqual(expected.shape);
  expect(maxAbsDifference(decrypted.data, expected.data)).toBeLessThanOrEqual(
    roundingBound(side.evaluator.parameters, layer, batch),
  );
  return predictedErrorOf(output);
}

const predictedErrorOf = ({ ciphertexts }: EncryptedTensor) =>
  Math.max(...ciphertexts.map((c) => (c as ClearCiphertext).predictedError));

/**
 * What squaring makes of the error of a fresh encryption, which is normal: it is larger than eight deviations with
 * probability 10⁻¹⁵. Beside values of 0 that is all there is, and 25 of its deviations are only five of the error's.
 */
const squaredError = (side: Side<ClearEvaluator>, { layer, batch, packing }: LayerCase) =>
  layer.kind === "square" || layer.kind === "polynomial"
    ? (8 * predictedErrorOf(side.encrypt(batch, packing))) ** 2
    : 0;

/** Runs a case on SEAL and the clear twin. */
export function checkOnSeal(seal: SealSide, clear: Side<ClearEvaluator>, layerCase: LayerCase): void {
  const { layer, batch, packing } = layerCase;
  const predictedError = checkOnTwin(clear, layerCase);
  using input = seal.encrypt(batch, packing);
  using output = apply(encodeLayer(seal.evaluator, layer), input);
  const expected = layerForward(layer, batch);
  const decrypted = seal.decrypt(output);
  expect(decrypted.shape).toEqual(expected.shape);
  expect(maxAbsDifference(decrypted.data, expected.data)).toBeLessThanOrEqual(
    sigmas * predictedError +
      squaredError(clear, layerCase) +
      roundingBound(seal.evaluator.parameters, layer, batch),
  );
  // The input was left alone.
  expect(maxAbsDifference(seal.decrypt(input).data, batch.data)).toBeLessThan(0.01);
}
