import { isObject } from "../arguments.js";
import type { Program } from "../program/program.js";
import { accuracyAt, type AccuracyOptions } from "../service/accuracy.js";
import type { AccuracyReport } from "../service/accuracy-report.js";
import { onServer } from "../service/accuracy-session.js";
import type { Tensor } from "../tensor/tensor.js";
import { Server } from "./server.js";

/**
 * Encrypts labelled images, has them classified by a server of this page, and keeps every image's logits beside the plain
 * model's, chunk by chunk; `accuracySummary` says what they come to. Images for whose values the program has no room are not
 * encrypted, and say why.
 *
 * @param images `[n, …inputShape]`
 * @param labels a class for each image
 * @throws InputError before anything is encrypted if they do not fit together, the program has room for none of the first
 *   images, or the report to resume is of another model, other images or another program; the signal's reason
 * @example
 * const report = await accuracy(await compile(model, { packing: "batch" }), images, labels);
 * const { encryptedAccuracy, plainAccuracy, flips } = accuracySummary(report);
 */
export function accuracy(
  program: Program,
  images: Tensor,
  labels: readonly number[],
  options: AccuracyOptions = {},
): Promise<AccuracyReport> {
  return accuracyAt(onServer(Server, isObject(options) ? options : {}), program, images, labels, options);
}
