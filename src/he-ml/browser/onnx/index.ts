/** ONNX: read it, write it, run it as a plain network. The package's subpath `he-ml/onnx` in a browser. */
export * from "../../formats/onnx/index.js";
export { onnxSession, runOnnx } from "./run.js";
