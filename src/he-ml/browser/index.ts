/** Encrypted neural-network inference: the core, and model files by their addresses. What a browser gets. */
export * from "../index.js";

export { loadModel, loadNetwork } from "./load-model.js";
