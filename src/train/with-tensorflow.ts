/** What loads TensorFlow.js as soon as it is imported, for `index.ts`. */
export { buildNetwork } from "./architectures.js";
export { useBackend } from "./backend.js";
export { toModel } from "./to-model.js";
export { train } from "./train.js";
