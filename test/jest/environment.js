import { setFlagsFromString } from "node:v8";
import vm from "node:vm";
import { TestEnvironment } from "jest-environment-node";

// Each test file compiles all modules anew, and V8 would keep what it compiled for the files before, though nothing asks
// for it again: after a hundred files half of the time goes into collecting garbage around it.
setFlagsFromString("--no-compilation-cache");

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
