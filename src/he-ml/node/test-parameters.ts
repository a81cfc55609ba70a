import type { Network } from "../model/model.js";
import {
  testParametersAt,
  type TestParametersOptions,
  type TestPlace,
} from "../parameters-tester/test-parameters.js";
import { mostThreads } from "../parameters-tester/test-input.js";
import type { TestReport } from "../parameters-tester/test-report.js";
import type { Tensor } from "../tensor/tensor.js";
import { packageVersion } from "./files/package-root.js";
import { thisMachine } from "./calibration/machine-costs.js";

/**
 * Runs parameter sets on a network and images, and measures what each of them comes to: errors of every layer against the
 * exact values, where ciphertexts stand, time and sizes. A set that cannot work is a result with its reason.
 *
 * Errors are random. In packing `batch` each image fills several slots, so that there are up to 1,024 samples of each value
 * (these cost nothing), and errors stay alike from run to run; in the others, take more images.
 *
 * With `threads`, or `max_threads` in the input, sets are shared over worker threads: each set is then computed by one thread
 * beside others that are busy, and its milliseconds are longer than on an idle machine. `memory_bytes` is the most that the
 * whole process held at the ends of the set's steps, all of its threads included.
 *
 * @param images `[n, …inputShape]`
 * @param input as a file of `he-ml test-parameters` holds it: `{ encryption_parameters: [{ scheme: "ckks",
 *   poly_modulus_degree, coeff_modulus_bits, scale_bits, packing, … }], layers, debug }`, in snake case or camel case; or
 *   PyCrCNN's, with m, p, sec, base and rencrypt_positions
 * @throws InputError before anything is encrypted if a key is missing or unknown or its value of a wrong type, images and
 *   network do not fit together, or the report to resume is of another network or other images
 * @example
 * const sets = [20, 24, 28].map((scale_bits) => ({
 *   poly_modulus_degree: 8192, coeff_modulus_bits: [50, 60, 48, 60], scale_bits, weight_scale_bits: 16, packing: "batch",
 * }));
 * const { results } = await testParameters(await loadModel("mnist-small"), images, { encryption_parameters: sets });
 * console.log(results.map(({ status, final_max_error }) => [status, final_max_error]));
 */
export function testParameters(
  network: Network,
  images: Tensor,
  input: unknown,
  options: TestParametersOptions = {},
): Promise<TestReport> {
  return testParametersAt(onThreads(), network, images, input, options);
}

function onThreads(): TestPlace {
  const { cpu, cores, node, seal } = thisMachine();
  return {
    mostThreads,
    machine: { cpu, cores },
    versions: { "he-ml": packageVersion(), node, "node-seal": seal },
    async start(part, threads) {
      const { setsHere, setsOnWorkers } = await import("./parameters-tester/runners.js");
      return threads === 1 ? setsHere(part) : setsOnWorkers(part, threads);
    },
  };
}
