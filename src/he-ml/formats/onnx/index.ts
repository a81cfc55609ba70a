/** ONNX: read it, write it. */
export { readOnnx, type ReadOnnxOptions } from "./read.js";
export { type OnnxSession } from "./session.js";
export { writeOnnx } from "./write.js";
