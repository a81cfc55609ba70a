import { Client } from "../../../src/he-ml/service/client.js";
import { Server } from "../../../src/he-ml/service/server.js";
import { explain } from "../../../src/he-ml/program/explain.js";
import type { Program } from "../../../src/he-ml/program/program.js";
import { sizeOf, tensor, type Tensor } from "../../../src/he-ml/tensor/tensor.js";

/** What a stage's errors were, beside what they were predicted to be. */
export interface ErrorRatios {
  readonly stage: string;
  readonly rms: number;
  readonly largest: number;
}

/**
 * Runs images one after the other (in packing `batch` together) and compares the errors of each stage with those predicted of
 * these images: the root mean square over all runs, and the mean of each run's largest.
 *
 * @param keys of so many clients in turn. All errors of a key switch have a part in common where the mean of SEAL's digits meets
 *   the key's own error: what it comes to in slot 0, keys alone decide
 */
export async function errorRatios(program: Program, images: Tensor, keys: number): Promise<ErrorRatios[]> {
  const [count, ...shape] = images.shape;
  const perRun = program.packing === "batch" ? count : 1;
  const runs = Math.max(keys, count / perRun);
  const { stages } = explain(program, { sample: images });
  const predicted = program.packing === "scalar" ? undefined : stages;
  const server = await Server.start(program, { threads: 0, evaluator: program.evaluator });
  const sums = stages.map(() => ({ squares: 0, largest: 0, predictedSquares: 0, predictedLargest: 0 }));
  for (let key = 0; key < keys; key++) {
    const client = await Client.create(program.clientSpec, { security: "teaching" });
    const session = await server.connect(client.evaluationKeys);
    for (let run = key; run < runs; run += keys) {
      const first = (run * perRun) % count;
      const size = sizeOf(shape);
      const given = tensor(
        [perRun, ...shape],
        images.data.slice(first * size, (first + perRun) * size) as Float64Array,
      );
      const { traces } = await session.run(client.encrypt(given), { twin: client.twin(given) });
      const told = predicted ?? explain(program, { sample: given }).stages;
      sums.forEach((sum, stage) => {
        sum.squares += traces[stage].error!.rms ** 2;
        sum.largest += traces[stage].error!.maxAbs;
        sum.predictedSquares += told[stage].predictedRmsError ** 2;
        sum.predictedLargest += told[stage].predictedMaxError;
      });
    }
    await session.close();
  }
  await server.close();
  return sums.map(({ squares, largest, predictedSquares, predictedLargest }, stage) => ({
    stage: stages[stage].name,
    rms: ratio(Math.sqrt(squares), Math.sqrt(predictedSquares)),
    largest: ratio(largest, predictedLargest),
  }));
}

const ratio = (measured: number, predicted: number) => (measured === predicted ? 1 : measured / predicted);

const within = (factor: number, ratio: number) => ratio < factor && ratio > 1 / factor;

/**
 * The stages whose errors are not as predicted: within a factor of 2 as a root mean square, and of 3 as the largest. Predictions are
 * made with normal errors, and errors have Laplace's tails: of thousands, the largest is twice as large.
 */
export const notAsPredicted = (ratios: readonly ErrorRatios[]): ErrorRatios[] =>
  ratios.filter(({ rms, largest }) => !within(2, rms) || !within(3, largest));
