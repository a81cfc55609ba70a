/** Encrypted neural-network inference: the core, model files by their addresses, Web Workers as threads, and a service inside the page. What a browser gets. */
export * from "../index.js";

export { accuracy } from "./accuracy.js";
export { advise } from "./advise.js";
export { infer } from "./infer.js";
export { loadModel, loadNetwork } from "./load-model.js";
export { serve, type RunningServer, type ServeOptions } from "./serve.js";
export { Server } from "./server.js";
