/** ONNX: read it, write it, run it in onnxruntime. The package's subpath `he-ml/onnx`. */
export { readOnnx, type ReadOnnxOptions } from "./read.js";
export { onnxSession, runOnnx, type OnnxSession } from "./run.js";
export { writeOnnx } from "./write.js";
