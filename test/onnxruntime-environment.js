import { TestEnvironment } from "jest-environment-node";

/**
 * Jest runs each test file in a realm with constructors of its own, but native code makes its arrays in the outer
 * realm, and onnxruntime then takes its own output for something other than a Float32Array. Sharing the
 * constructors helps.
 */
export default class OnnxruntimeEnvironment extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    Object.assign(this.global, { Float32Array, Float64Array, BigInt64Array });
  }
}
