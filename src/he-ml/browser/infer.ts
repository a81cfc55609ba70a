import type { Program } from "../program/program.js";
import type { InferOptions } from "../service/infer-options.js";
import { inferOn, type InferenceReport } from "../service/infer.js";
import type { Tensor } from "../tensor/tensor.js";
import { Server } from "./server.js";

/**
 * Plays client and server: makes keys, encrypts, evaluates on threads where the page is cross-origin isolated, decrypts, and compares with the plain model.
 *
 * @param program one, or the parts of a model as `compileParts` gives them
 * @param images `[n, …inputShape]`
 * @throws InputError before anything is encrypted if images and program do not fit together
 * @example
 * const report = await infer(await compile(await loadModel("lenet1")), images);
 * console.log(report.results[0].predicted, report.layers);
 */
export function infer(
  program: Program | readonly Program[],
  images: Tensor,
  options: InferOptions = {},
): Promise<InferenceReport> {
  return inferOn(Server, program, images, options);
}
