import type { Program } from "../program/program.js";
import { accuracyAt, type AccuracyOptions } from "../service/accuracy.js";
import type { AccuracyReport } from "../service/accuracy-report.js";
import { onServer } from "../service/accuracy-session.js";
import { InputError } from "../errors.js";
import { isObject } from "../arguments.js";
import type { Tensor } from "../tensor/tensor.js";
import { onRedisWorkers, type RedisShare } from "./accuracy-on-workers.js";
import { Server } from "./server.js";

/** Also where workers on other machines compute. */
export interface NodeAccuracyOptions extends AccuracyOptions {
  /**
   * Shares the images among the `he-ml worker`s of a Redis; the secret key stays here. Workers compile the model themselves:
   * the program must be what `compile(model, { packing, costs: typicalCosts })` gives.
   */
  readonly redis?: RedisShare;
}

/**
 * Encrypts thousands of labelled images, has them classified, and keeps every image's logits beside the plain model's, chunk
 * by chunk; `accuracySummary` says what they come to. Images for whose values the program has no room are not encrypted, and
 * say why.
 *
 * @param images `[n, …inputShape]`
 * @param labels a class for each image
 * @throws InputError before anything is encrypted if they do not fit together, the program has room for none of the first
 *   images, or the report to resume is of another model, other images or another program; the signal's reason
 * @example
 * const report = await accuracy(await compile(model, { packing: "batch" }), images, labels, {
 *   onResult: (chunk) => console.log(chunk.first, chunk.images.length),
 * });
 * const { encryptedAccuracy, plainAccuracy, flips } = accuracySummary(report);
 */
export async function accuracy(
  program: Program,
  images: Tensor,
  labels: readonly number[],
  options: NodeAccuracyOptions = {},
): Promise<AccuracyReport> {
  const { redis, ...rest } = isObject(options) ? options : {};
  if (redis === undefined) {
    return accuracyAt(onServer(Server, rest), program, images, labels, isObject(options) ? rest : options);
  }
  for (const name of ["threads", "evaluator"] as const) {
    if (rest[name] === undefined) continue;
    throw new InputError(`accuracy: options: ${name}: it is the workers' own with redis; leave it out`);
  }
  return accuracyAt(onRedisWorkers(redis, rest), program, images, labels, rest);
}
