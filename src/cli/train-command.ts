import { Command } from "commander";
import { InputError } from "../he-ml/errors.js";
import { loadNetwork } from "../he-ml/node/files/load-model.js";
import { requirePackages } from "../he-ml/node/optional-packages.js";
import type { ConversionAccuracy } from "../viz/index.js";
import { wholeNumber } from "./arguments.js";
import type { CommandIo } from "./command-io.js";
import { startProgress } from "./progress.js";

interface TrainOptions {
  readonly arch?: string;
  readonly dataset: string;
  readonly datasetDir?: string;
  readonly out: string;
  readonly seed?: number;
  readonly from?: string;
  readonly activation?: string;
  readonly epochs?: number;
  readonly backend?: string;
  readonly json?: boolean;
}

/** `he-ml train`: train a network and export it; make one from elsewhere HE-friendly. */
export function trainCommand(io: CommandIo): Command {
  return new Command("train")
    .description("train a network, or make a trained one HE-friendly; export ONNX, metrics and a card")
    .option("--arch <name>", "architecture: lenet1, mnist-small, breast-cancer, lenet1-tanh")
    .option("--dataset <name>", "dataset to learn: mnist, fashion-mnist, breast-cancer", "mnist")
    .option("--dataset-dir <dir>", "folder with the dataset's IDX files, where they are not installed")
    .requiredOption("--out <dir>", "folder for model.onnx, metrics.json and card.md")
    .option("--seed <n>", "the same seed gives the same weights", wholeNumber(0))
    .option(
      "--from <M>",
      "start from a model; without --arch, replace what cannot be encrypted and fine-tune",
    )
    .option("--activation <a>", "with --from: square (the default) or polynomial in place of tanh, ReLU …")
    .option("--epochs <n>", "passes over the training set", wholeNumber(1))
    .option("--backend <name>", "wasm or tensorflow; tensorflow where it can be loaded if left out")
    .option("--json", "print the metrics as JSON")
    .action((options: TrainOptions) => train(options, io));
}

async function train(options: TrainOptions, { stdout, stderr, signal }: CommandIo): Promise<void> {
  const { arch, from, activation, out } = options;
  if (arch === undefined && from === undefined) {
    throw new InputError("train: expected --arch lenet1, or --from with a model, got neither");
  }
  if (activation !== undefined && (from === undefined || arch !== undefined)) {
    throw new InputError("train: --activation replaces layers of a model; give --from, and no --arch");
  }
  requirePackages("training");
  if (from !== undefined && arch === undefined) requirePackages("plots");
  const { trainAndExport } = await import("../train/export.js");
  const initialModel = from === undefined ? undefined : await loadNetwork(from);
  const progress = startProgress(stderr);
  const { metrics } = await trainAndExport({
    architecture: arch,
    dataset: options.dataset,
    datasetDirectory: options.datasetDir,
    outputDirectory: out,
    seed: options.seed,
    epochs: options.epochs,
    initialModel,
    activation,
    backend: options.backend,
    drawAccuracy,
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
  if (options.json) {
    stdout.write(`${JSON.stringify(metrics)}\n`);
    return;
  }
  const { conversion, testAccuracy, testImages, trainSeconds, backend } = metrics;
  if (conversion) {
    const { before, afterReplacing } = conversion.accuracy;
    stdout.write(`before: ${percent(before)}; after replacing: ${percent(afterReplacing)}\n`);
  }
  stdout.write(
    `${out}: ${percent(testAccuracy)} of ${testImages} test images ` +
      `after ${trainSeconds} s of training (${backend})\n`,
  );
}

async function drawAccuracy(accuracy: ConversionAccuracy): Promise<Uint8Array> {
  const { accuracySteps, renderPng } = await import("../viz/index.js");
  return renderPng(accuracySteps({ "test images": accuracy }));
}

const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
