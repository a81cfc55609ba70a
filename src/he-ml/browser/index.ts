/** Encrypted neural-network inference: the core, model files by their addresses, and a service inside the page. What a browser gets. */
export * from "../index.js";

export { loadModel, loadNetwork } from "./load-model.js";
export { serve, type RunningServer, type ServeOptions } from "./serve.js";
