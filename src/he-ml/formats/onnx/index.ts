/** ONNX: read it, write it. The package's subpath `he-ml/onnx` in a browser. */
export { readOnnx, type ReadOnnxOptions } from "./read.js";
export { writeOnnx } from "./write.js";
