/** Encrypted neural-network inference: the core, model files by their addresses, and Web Workers as threads. What a browser gets. */
export * from "../index.js";

export { accuracy } from "./accuracy.js";
export { advise } from "./advise.js";
export { infer } from "./infer.js";
export { loadModel, loadNetwork } from "./load-model.js";
export { Server } from "./server.js";
