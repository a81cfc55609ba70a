/** Encrypted neural-network inference: learn it, build on it, measure it. The core, and what needs Node. */
export * from "../index.js";

export { accuracy, type NodeAccuracyOptions } from "./accuracy.js";
export { type RedisShare } from "./accuracy-on-workers.js";
export { advise } from "./advise.js";
export { bench, type BenchModel, type BenchOptions, type BenchReport } from "./bench.js";
export {
  benchService,
  type ServiceBench,
  type ServiceBenchOptions,
  type ServiceBenchReport,
} from "./bench-service.js";
export { machineCosts, planningCosts } from "./calibration/machine-costs.js";
export { compile, compileParts } from "./compile.js";
export { loadModel, loadNetwork } from "./files/load-model.js";
export { infer } from "./infer.js";
export { serve, type RunningServer, type ServeOptions } from "./rest/serve.js";
export { Server } from "./server.js";
export { testParameters } from "./test-parameters.js";
