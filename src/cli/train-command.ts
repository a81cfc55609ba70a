import { Command } from "commander";
import { wholeNumber } from "./arguments.js";
import { findModel } from "./model-source.js";
import { startProgress } from "./progress.js";

interface TrainOptions {
  readonly arch: string;
  readonly dataset: string;
  readonly datasetDir?: string;
  readonly out: string;
  readonly seed?: number;
  readonly from?: string;
  readonly epochs?: number;
  readonly backend?: string;
}

/** `he-ml train`: train a square-activated CNN and export it. */
export function trainCommand(signal: AbortSignal): Command {
  return new Command("train")
    .description("train a square-activated CNN and export it as ONNX with its metrics and card")
    .requiredOption("--arch <name>", "architecture: lenet1, mnist-small, breast-cancer")
    .option("--dataset <name>", "dataset to learn: mnist, fashion-mnist, breast-cancer", "mnist")
    .option("--dataset-dir <dir>", "folder with the dataset's IDX files, where they are not installed")
    .requiredOption("--out <dir>", "folder for model.onnx, metrics.json and card.md")
    .option("--seed <n>", "the same seed gives the same weights", wholeNumber(0))
    .option("--from <M>", "start from the weights of a model of the same architecture")
    .option("--epochs <n>", "passes over the training set", wholeNumber(1))
    .option("--backend <name>", "wasm or tensorflow; tensorflow where it can be loaded if left out")
    .option("--json", "print the metrics as JSON")
    .action((options: TrainOptions & { json?: boolean }) => train(options, signal));
}

async function train(
  { json, ...options }: TrainOptions & { json?: boolean },
  signal: AbortSignal,
): Promise<void> {
  const { trainAndExport } = await import("../train/export.js");
  const initialModel = options.from === undefined ? undefined : (await findModel(options.from)).model;
  const progress = startProgress();
  const { metrics } = await trainAndExport({
    architecture: options.arch,
    dataset: options.dataset,
    datasetDirectory: options.datasetDir,
    outputDirectory: options.out,
    seed: options.seed,
    epochs: options.epochs,
    initialModel,
    backend: options.backend,
    signal,
    onProgress: (state) =>
      state.phase === "train"
        ? progress.update(
            `epoch ${state.epoch}/${state.epochs}, loss ${state.loss.toFixed(3)}`,
            state.step,
            state.steps,
          )
        : progress.update(state.phase, state.images, state.totalImages),
  }).finally(() => progress.stop());
  process.stdout.write(
    json
      ? `${JSON.stringify(metrics)}\n`
      : `${options.out}: ${(100 * metrics.testAccuracy).toFixed(2)} % of ${metrics.testImages} test images ` +
          `after ${metrics.trainSeconds} s of training (${metrics.backend})\n`,
  );
}
