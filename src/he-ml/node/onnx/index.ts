/** ONNX: read it, write it, run it in onnxruntime. The package's subpath `he-ml/onnx`. */
export * from "../../formats/onnx/index.js";
export { onnxSession, runOnnx } from "./run.js";
