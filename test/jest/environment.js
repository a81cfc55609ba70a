import vm from "node:vm";
import { TestEnvironment } from "jest-environment-node";

/**
 * Jest runs each test file in a realm with a global object of its own. Jest's is a proxy that is asked for every `Math`
 * and `Float64Array`, which makes code that computes several times as slow; a plain global object does as well.
 */
export default class PlainGlobalEnvironment extends TestEnvironment {
  constructor(config, context) {
    const { createContext } = vm;
    vm.createContext = () => createContext(vm.constants.DONT_CONTEXTIFY);
    try {
      super(config, context);
    } finally {
      vm.createContext = createContext;
    }
    // Native code makes its arrays in the outer realm, and onnxruntime would take its own output for something other
    // than a Float32Array.
    Object.assign(this.global, { Float32Array, Float64Array, BigInt64Array });
  }
}
