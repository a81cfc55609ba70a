/** Encrypted neural-network inference: learn it, build on it, measure it. */
export { InputError } from "./errors.js";
export { type LongWorkOptions } from "./long-work.js";

export { errorStatistics, type ErrorStatistics } from "./tensor/error-statistics.js";
export {
  argmax,
  formatShape,
  imageAt,
  maxAbs,
  reshape,
  sizeOf,
  stack,
  tensor,
  zeros,
  type Shape,
  type Tensor,
} from "./tensor/tensor.js";

export {
  activationLayer,
  type ActivationFunction,
  type ActivationLayer,
  type ActivationOptions,
} from "./model/activation.js";
export { averagePoolLayer, type AveragePoolLayer, type AveragePoolOptions } from "./model/average-pool.js";
export {
  convolutionalLayer,
  type ConvolutionalLayer,
  type ConvolutionalOptions,
} from "./model/convolutional.js";
export { flattenLayer, type FlattenLayer } from "./model/flatten.js";
export { identityLayer, type IdentityLayer } from "./model/identity.js";
export { linearLayer, type LinearLayer, type LinearOptions } from "./model/linear.js";
export {
  defineModel,
  layerForward,
  layerOutputShape,
  layerShapes,
  modelForward,
  type Layer,
  type Model,
  type Network,
  type NetworkLayer,
  type PlainOnlyLayer,
} from "./model/model.js";
export { maxPoolLayer, type MaxPoolLayer, type MaxPoolOptions } from "./model/max-pool.js";
export { paddingLayer, type PaddingLayer, type PaddingLayerOptions } from "./model/padding.js";
export {
  UnsupportedLayersError,
  encryptableModel,
  unsupportedLayers,
  type UnsupportedLayer,
} from "./model/unsupported-layers.js";
export { polynomialLayer, type PolynomialLayer, type PolynomialOptions } from "./model/polynomial.js";
export { valueRanges, type ValueRange } from "./model/value-range.js";
export { squareLayer, type SquareLayer } from "./model/square.js";

export { loadModel, loadNetwork, type LoadModelOptions } from "./formats/load-model.js";

export { type Ciphertext, type LevelAndScale, type Plaintext } from "./crypto/ciphertext.js";
export { ClearContext } from "./crypto/clear-context.js";
export { ClearEvaluator, type ClearCiphertext } from "./crypto/clear-evaluator.js";
export { EncryptedTensor, byteLength, type SerializedTensor } from "./crypto/encrypted-tensor.js";
export { type Evaluator } from "./crypto/evaluator.js";
export { type OperationCounts } from "./crypto/operation-counts.js";
export { type Packing } from "./crypto/packing.js";
export {
  checkParameters,
  formatChain,
  maxCoeffModulusBits,
  type CkksParameters,
  type ParametersSpec,
} from "./crypto/parameters.js";
export { PublicContext, type EvaluationKeys } from "./crypto/public-context.js";
export { type SealEvaluator } from "./crypto/seal-evaluator.js";
export { SecretContext } from "./crypto/secret-context.js";

export { convolutional } from "./layers/convolutional.js";
export { encodeLayer } from "./layers/encode.js";
export { type EncodedLayer } from "./layers/encoded-layer.js";
export {
  collect,
  forward,
  type ForwardOptions,
  type ForwardProgress,
  type PlainTwin,
} from "./layers/forward.js";
export { averagePool } from "./layers/functional/average-pool.js";
export { flatten } from "./layers/functional/flatten.js";
export { padding } from "./layers/functional/padding.js";
export { polynomial } from "./layers/functional/polynomial.js";
export { square } from "./layers/functional/square.js";
export { linear } from "./layers/linear.js";
export { ChainTooShortError } from "./layers/rescaling.js";
export { type CiphertextState, type LayerTrace } from "./layers/trace.js";

export { buildFromModel, type BuildOptions } from "./net-builder/build-from-model.js";
export { checkChain, chooseParameters } from "./net-builder/chain.js";
export { selectLayers } from "./net-builder/layer-range.js";

export { Engine, type EngineForwardOptions, type EngineOptions } from "./engine/engine.js";
