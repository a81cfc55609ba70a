import { Command } from "commander";
import { InputError } from "../he-ml/errors.js";
import { loadNetwork } from "../he-ml/node/files/load-model.js";
import { requirePackages } from "../he-ml/node/optional-packages.js";
import type { ConversionAccuracy } from "../viz/index.js";
import type { Network } from "../he-ml/model/model.js";
import type { Shape } from "../he-ml/tensor/tensor.js";
import type { OwnTable } from "../train/own-table.js";
import { wholeNumber } from "./arguments.js";
import type { CommandIo } from "./command-io.js";
import { datasetImages } from "./images-source.js";
import { inputShapeOption, loadInShape } from "./input-shape.js";
import { startProgress } from "./progress.js";

interface TrainOptions {
  readonly arch?: string;
  readonly dataset?: string;
  readonly data?: string;
  readonly label?: string;
  readonly datasetDir?: string;
  readonly out: string;
  readonly seed?: number;
  readonly from?: string;
  readonly inputShape?: Shape;
  readonly activation?: string;
  readonly epochs?: number;
  readonly backend?: string;
  readonly json?: boolean;
}

/** `he-ml train`: train a network and export it; make one from elsewhere HE-friendly. */
export function trainCommand(io: CommandIo): Command {
  return new Command("train")
    .description("train a network, or make a trained one HE-friendly; export ONNX, metrics and a card")
    .option("--arch <name>", "architecture: lenet1, mnist-small, breast-cancer, lenet1-tanh, table")
    .option(
      "--dataset <name>",
      "dataset to learn: mnist (the default), fashion-mnist, mnist-12x12, breast-cancer",
    )
    .option("--data <file>", "learn from a CSV file of your own instead: a row of numbers and a class a line")
    .option("--label <column>", "with --data: the column that says what each row is")
    .option("--dataset-dir <dir>", "folder with the dataset's IDX files, where they are not installed")
    .requiredOption("--out <dir>", "folder for model.onnx, metrics.json and card.md")
    .option("--seed <n>", "the same seed gives the same weights", wholeNumber(0))
    .option(
      "--from <M>",
      "start from a model; without --arch, replace what cannot be encrypted and fine-tune",
    )
    .addOption(inputShapeOption())
    .option("--activation <a>", "with --from: square (the default) or polynomial in place of tanh, ReLU …")
    .option("--epochs <n>", "passes over the training set", wholeNumber(1))
    .option("--backend <name>", "wasm or tensorflow; tensorflow where it can be loaded if left out")
    .option("--json", "print the metrics as JSON")
    .action((options: TrainOptions) => train(options, io));
}

async function train(options: TrainOptions, { stdout, stderr, signal }: CommandIo): Promise<void> {
  const { arch, from, activation, out } = options;
  const table = ownTable(options);
  if (arch === undefined && from === undefined && table === undefined) {
    throw new InputError(
      "train: expected --arch lenet1, or --from with a model, got neither; or give --data",
    );
  }
  if (activation !== undefined && (from === undefined || arch !== undefined)) {
    throw new InputError("train: --activation replaces layers of a model; give --from, and no --arch");
  }
  requirePackages("training");
  if (from !== undefined && arch === undefined) requirePackages("plots");
  const { trainAndExport } = await import("../train/export.js");
  const initialModel = from === undefined ? undefined : await startingNetwork(from, options);
  const progress = startProgress(stderr);
  const { metrics } = await trainAndExport({
    architecture: arch,
    dataset: options.dataset,
    table,
    datasetDirectory: options.datasetDir,
    outputDirectory: out,
    seed: options.seed,
    epochs: options.epochs,
    initialModel,
    activation,
    backend: options.backend,
    drawAccuracy,
    signal,
    onFit: (how) => stderr.write(`he-ml: each image was ${how}, as the model takes it\n`),
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

function ownTable({ data, label, dataset, datasetDir }: TrainOptions): OwnTable | undefined {
  if (data === undefined && label === undefined) return undefined;
  if (data === undefined || label === undefined) {
    throw new InputError("train: --data X.csv and --label COLUMN go together; give both");
  }
  if ((dataset ?? datasetDir) !== undefined) {
    throw new InputError("train: --data takes the place of a dataset; leave --dataset and --dataset-dir out");
  }
  return { file: data, label };
}

/** Some files do not say the shape of images: it is the option's, or else the dataset's. */
async function startingNetwork(
  from: string,
  { inputShape, data, dataset = "mnist", datasetDir }: TrainOptions,
): Promise<Network> {
  const ofDataset = async () => (await datasetImages(dataset, 0, 1, datasetDir)).images.shape.slice(1);
  return loadInShape(loadNetwork, from, inputShape, data === undefined ? ofDataset : undefined);
}

async function drawAccuracy(accuracy: ConversionAccuracy): Promise<Uint8Array> {
  const { accuracySteps, renderPng } = await import("../viz/index.js");
  return renderPng(accuracySteps({ "test images": accuracy }));
}

const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
