/** Encrypted neural-network inference: the core, which runs in a browser as in Node. */
export { InputError } from "./errors.js";
export { type LongWorkOptions, type TurnOptions } from "./long-work.js";

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

export * from "./model/layers.js";
export { type Depth } from "./model/depth.js";
export {
  inspectNetwork,
  type InspectOptions,
  type InspectedLayer,
  type Inspection,
} from "./model/inspection.js";
export { selectLayers } from "./model/layer-range.js";
export {
  defineModel,
  layerForward,
  layerOutputShape,
  layerShapes,
  modelForward,
  type Model,
  type Network,
} from "./model/model.js";
export { parameterCount } from "./model/parameter-count.js";
export {
  UnsupportedLayersError,
  encryptableModel,
  unsupportedLayers,
  type UnsupportedLayer,
} from "./model/unsupported-layers.js";
export { type ReencryptionLayer } from "./model/reencryption.js";
export { valueRanges, type ValueRange } from "./model/value-range.js";

export { parseDescription, type Description } from "./formats/description.js";
export { readModel, readNetwork, type ModelFiles } from "./formats/read-model.js";
export { type LoadModelOptions } from "./formats/read-network.js";

export { type Ciphertext, type LevelAndScale, type Plaintext } from "./crypto/ciphertext.js";
export { ClearContext } from "./crypto/clear-context.js";
export { ClearEvaluator, type ClearCiphertext } from "./crypto/clear-evaluator.js";
export { type EncryptedLayout, type Packing } from "./crypto/packing.js";
export { EncryptedTensor, byteLength, type SerializedTensor } from "./crypto/encrypted-tensor.js";
export { DecryptionFailedError } from "./crypto/decryption-failed-error.js";
export { type Evaluator } from "./crypto/evaluator.js";
export { type GiantStep, type TransformTerm } from "./crypto/linear-transform.js";
export { type OperationCounts } from "./crypto/operation-counts.js";
export {
  checkParameters,
  formatChain,
  maxCoeffModulusBits,
  parametersSpec,
  type CkksParameters,
  type ParametersSpec,
  type WrittenParameters,
} from "./crypto/parameters.js";
export {
  checkBfvParameters,
  type BfvFractionalParameters,
  type BfvIntegerParameters,
  type BfvParameters,
  type BfvParametersSpec,
} from "./crypto/bfv/parameters.js";
export { type SchemeEvaluator } from "./crypto/scheme-evaluator.js";
export { type SchemeParameters } from "./crypto/scheme-parameters.js";
export {
  maxCoeffModulusBits2024,
  securityTable,
  type AskedSecurity,
  type SecurityLevel,
  type SecurityTable,
  type SecurityTableName,
} from "./crypto/security-tables.js";
export { type EvaluatorChoice } from "./crypto/choose-evaluator.js";
export { type EvaluatorKind } from "./crypto/evaluator-kind.js";
export { PublicContext, keyBytes, type EvaluationKeys } from "./crypto/public-context.js";
export { type RotationKey, type RotationNeed } from "./crypto/rotation-keys.js";
export {
  tensorFromBytes,
  tensorToBytes,
  type TensorMessage,
  type TensorOrigin,
  type ProgramEnd,
} from "./crypto/tensor-bytes.js";
export { SecretContext, type EncryptOptions } from "./crypto/secret-context.js";
export { type SlotLayout } from "./crypto/slot-layout.js";

export { convolutional } from "./layers/convolutional.js";
export { encodeLayer } from "./layers/encode.js";
export { type EncodedLayer, type RunnableLayer } from "./layers/encoded-layer.js";
export { type EncodedStep } from "./layers/encoded-step.js";
export { forward, type ForwardOptions } from "./layers/forward.js";
export { collect, type PlainTwin, type RunOptions, type RunProgress } from "./layers/run.js";
export { averagePool } from "./layers/functional/average-pool.js";
export { flatten } from "./layers/functional/flatten.js";
export { padding } from "./layers/functional/padding.js";
export { polynomial } from "./layers/functional/polynomial.js";
export {
  reencryption,
  type ReencryptionOptions,
  type Reencryptor,
} from "./layers/functional/reencryption.js";
export { square } from "./layers/functional/square.js";
export { unflatten } from "./layers/functional/unflatten.js";
export { linear } from "./layers/linear.js";
export { ChainTooShortError } from "./layers/rescaling.js";
export { type CiphertextState, type LayerTrace } from "./layers/trace.js";

export { typicalCosts, type PlanningCosts, type PrimitiveCosts } from "./planner/search/costs.js";
export { planHead, startAfter } from "./planner/plan-head.js";
export { type PlanStart } from "./planner/plan-start.js";
export { planModel, type Plan, type PlanOptions, type PlannedStage } from "./planner/plan.js";

export { measureCosts } from "./calibration/measure-costs.js";

export { buildFromModel, type BuildOptions, type EncodedModel } from "./program/build-from-model.js";
export {
  buildFromPytorch,
  reencryptPositionsFrom,
  type BuildFromPytorchOptions,
} from "./program/build-from-pytorch.js";
export { checkChain, chooseParameters, type ChainOptions } from "./program/chain.js";
export { type ClientSpec, type OutputSpec, type TensorSpec } from "./program/client-spec.js";
export { compileParts, type CompilePartsOptions } from "./program/compile-parts.js";
export { compile, type CompileOptions } from "./program/compile.js";
export { encodePlan, type EncodedPlan, type EncodedStage } from "./program/encode-plan.js";
export { explain, type ExplainOptions, type Explanation, type StageExplanation } from "./program/explain.js";
export { CoefficientOverflowError, checkPlainModulus } from "./program/plain-modulus.js";
export { Program } from "./program/program.js";
export { type LayeredProgram, type PackedProgram, type ProgramContent } from "./program/program-content.js";
export { type ProgramJson } from "./program/program-json.js";

export { type AccuracyOptions } from "./service/accuracy.js";
export { type AccuracyChunk, type AccuracyReport } from "./service/accuracy-report.js";
export { wilsonInterval, type ShareInterval } from "./service/accuracy-statistics.js";
export {
  accuracySummary,
  logitErrors,
  type AccuracySummary,
  type FlippedImage,
} from "./service/accuracy-summary.js";
export { benchNetworks } from "./service/bench-networks.js";
export { Client, type ClientOptions } from "./service/client.js";
export { predictionGaps, type PredictionGap } from "./service/prediction-gaps.js";
export type { Gaps } from "./service/gaps.js";
export { infer, type ImageResult, type InferenceReport } from "./service/infer.js";
export type { InferOptions } from "./service/infer-options.js";
export { Server, type ServerOptions } from "./service/server.js";
export { type Session } from "./service/session.js";

export { advise, type AdviceGoals, type AdviseOptions } from "./parameters-tester/advise.js";
export {
  type AdviceGoal,
  type AdvicePoint,
  type AdviceReport,
  type MeasuredPoint,
} from "./parameters-tester/advice.js";
export { testParameters, type TestParametersOptions } from "./parameters-tester/test-parameters.js";
export {
  type TestedLayer,
  type TestedParameters,
  type TestedSet,
  type TestedState,
  type TestReport,
} from "./parameters-tester/test-report.js";

export { type ModelSummary } from "./network/protocol.js";
export { type RemoteInference, type RemoteStage } from "./network/remote-inference.js";
export { RemoteLayers, type RemoteLayersOptions, type RemoteRange } from "./network/remote-layers.js";
export { type RemoteComputed } from "./network/compute.js";
export { RemoteModel } from "./network/remote-model.js";
export { type RemoteLeg, type RemoteOptions, type RemoteProgress } from "./network/remote-options.js";
export { RefusedError, UnavailableError } from "./network/service-errors.js";
