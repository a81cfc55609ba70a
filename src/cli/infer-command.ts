import { stat } from "node:fs/promises";
import { Command, Option } from "commander";
import { packings, type Packing } from "../he-ml/crypto/packing.js";
import { checkParameters, type CkksParameters } from "../he-ml/crypto/parameters.js";
import { InputError } from "../he-ml/errors.js";
import { readJsonFile } from "../he-ml/node/files/json-file.js";
import { loadModel } from "../he-ml/node/files/load-model.js";
import { modelFile } from "../he-ml/node/files/model-folder.js";
import { writeWholeFile } from "../he-ml/node/files/whole-file.js";
import { layerShapes, modelForward, requireBatchOf, type Model } from "../he-ml/model/model.js";
import type { LongWorkOptions } from "../he-ml/long-work.js";
import { compile } from "../he-ml/node/compile.js";
import type { Program } from "../he-ml/program/program.js";
import { infer } from "../he-ml/node/infer.js";
import { predictionGaps } from "../he-ml/service/prediction-gaps.js";
import { requirePackages } from "../he-ml/node/optional-packages.js";
import { valueRanges } from "../he-ml/model/value-range.js";
import { maxAbs, type Shape, type Tensor } from "../he-ml/tensor/tensor.js";
import { wholeNumber } from "./arguments.js";
import { evaluatorOption, type EvaluatorOption } from "./evaluator-option.js";
import { ExitStatus, type CommandIo } from "./command-io.js";
import { requireWritableFile } from "./files.js";
import { csvImages } from "./csv-images.js";
import { fitToModel } from "./fit-to-model.js";
import { datasetImages, type ImagesSource } from "./images-source.js";
import { onChainThatDoes } from "./chain-that-does.js";
import { inputShapeOption, loadInShape } from "./input-shape.js";
import { jsonImages, jsonImageShape } from "./json-images.js";
import { npyImages, npyImageShape } from "./npy-images.js";
import { firstLine, gapLines, resultTable } from "./inference-text.js";
import { pictureImages } from "./picture-images.js";
import { startProgress } from "./progress.js";
import type { AskedSecurity } from "../he-ml/crypto/security-tables.js";
import { addSecurityOptions, securityAsked } from "./security-options.js";
import { referenceLogits } from "./reference-logits.js";
import { sampleImages } from "./sample-images.js";

interface InferCommandOptions extends EvaluatorOption, AskedSecurity {
  readonly model: string;
  readonly dataset?: string;
  readonly index?: number;
  readonly count?: number;
  readonly datasetDir?: string;
  readonly input?: string;
  readonly label?: string;
  readonly image?: string;
  readonly invert?: boolean;
  readonly inputShape?: Shape;
  readonly packing: Packing;
  readonly fuse: boolean;
  readonly parameters?: string;
  readonly threads?: number;
  readonly report?: string;
  readonly allowError?: boolean;
  readonly json?: boolean;
}

/** More than any test set has, few enough to list. */
const mostImages = 1_000_000;

/** `he-ml infer`: encrypt, run, decrypt, compare with the plain model. */
export function inferCommand(io: CommandIo): Command {
  return addSecurityOptions(inferOptions())
    .addOption(evaluatorOption())
    .option("--report <file>", "write an HTML report with figures")
    .option("--allow-error", "exit with 0 also where encrypted and plain logits do not agree")
    .option("--json", "print everything as JSON")
    .action((options: InferCommandOptions) => run(options, io));
}

function inferOptions(): Command {
  return new Command("infer")
    .description("classify images while they are encrypted, and compare with the plain model")
    .requiredOption("--model <M>", "a model file, or the name of a folder under models/")
    .option(
      "--dataset <name>",
      "take images from a dataset's test set (mnist, fashion-mnist, mnist-12x12, breast-cancer)",
    )
    .option("--dataset-dir <dir>", "folder with the dataset's IDX files, where they are not installed")
    .option("--index <i>", "first test image (default: 0)", wholeNumber(0, mostImages))
    .option("--count <n>", "test images, from --index on (default: 1)", wholeNumber(1, mostImages))
    .option(
      "--input <file>",
      "take images from a file instead: JSON, CSV (a line each), NumPy's .npy, a folder of pictures",
    )
    .option("--label <column>", "with --input X.csv: the column that says what each row is")
    .option(
      "--image <file>",
      "classify a PNG or JPEG picture, or a folder of them, resized to what the model takes",
    )
    .option("--invert", "with --image: the picture is dark on light, as ink on paper is")
    .addOption(new Option("--packing <p>", "layout of ciphertexts").choices(packings).default("batch"))
    .addOption(inputShapeOption())
    .option("--no-fuse", "packing packed: a stage for each layer, so that each one's error shows")
    .option("--parameters <file>", "CKKS parameters as JSON, instead of the model's own")
    .option(
      "--threads <n>",
      "worker threads (default: one a core; packing packed: at most two)",
      wholeNumber(1, 256),
    );
}

async function run(given: InferCommandOptions, { stdout, stderr, signal }: CommandIo): Promise<void> {
  const options = await withPictures(given);
  requireOneSource(options);
  securityAsked("infer", options);
  const model = await loadInShape(loadModel, options.model, options.inputShape, () => shapeOfImages(options));
  if (options.report) {
    requirePackages("plots");
    await requireWritableFile("--report", options.report);
  }
  const warn = (message: string) => void stderr.write(`he-ml: ${message}\n`);
  const { labels, names, expectedLogits, classNames, ...found } = await findImages(options, model, warn);
  const images = fitToModel(found.images, model.inputShape, warn);
  requireBatchOf(model.inputShape, images, `model "${model.name}"`);
  const plainLogits = await referenceLogits(await modelFile(options.model), images, warn);

  const ranged = options.packing === "packed" ? withRanges(model, images) : model;
  const progress = startProgress(stderr);
  const watch = {
    signal,
    onProgress: (done: number, total: number) => progress.update("plan", done, total),
  };
  const report = await onChainThatDoes(options, warn, async (parameters) =>
    infer(await compileFor(ranged, { ...options, ...watch }, parameters), images, {
      labels,
      plainLogits,
      expectedLogits,
      classNames: classNames ?? model.classNames,
      threads: options.threads,
      evaluator: options.evaluator,
      signal,
      onProgress: (step, done, total) => progress.update(step, done, total),
    }),
  ).finally(() => progress.stop());

  if (options.json) stdout.write(`${JSON.stringify(report)}\n`);
  else stdout.write(`${firstLine(report, names)}\n\n${resultTable(report, names)}\n`);
  if (ranged !== model && maxAbs(images.data) > 1) {
    warn(
      `model "${model.name}" says nothing about its values: planned for those of these images; ` +
        `a program for others needs { valueRanges } or { samples }`,
    );
  }
  for (const { stage, predicted, measured } of predictionGaps(report)) {
    warn(
      `stage "${stage}": predicted error ${predicted.toPrecision(2)}, measured ${measured.toPrecision(2)}: ` +
        `the prediction does not hold for these images`,
    );
  }
  if (options.report) {
    const { inferenceReport } = await import("../viz/index.js");
    await writeWholeFile(options.report, await inferenceReport(report, images, names));
    stderr.write(`he-ml: report written to ${options.report}\n`);
  }
  const gaps = gapLines(report);
  gaps.forEach(warn);
  if (gaps.length > 0 && !options.allowError) throw new ExitStatus(1);
}

/** A model that comes without ranges of values is planned for those that its layers take on these very images. */
function withRanges(model: Model, images: Tensor): Model {
  if (model.valueRanges) return model;
  return { ...model, valueRanges: valueRanges(model, images, modelForward(model, images)) };
}

async function compileFor(
  model: Model,
  {
    packing,
    fuse,
    evaluator,
    parameters: file,
    signal,
    onProgress,
    ...asked
  }: InferCommandOptions & LongWorkOptions,
  longer: CkksParameters | undefined,
): Promise<Program> {
  const parameters = file ? checkParameters(await readJsonFile("--parameters", file)) : longer;
  const security = parameters ? {} : securityAsked("infer", asked);
  if (packing !== "packed") return compile(model, { packing, evaluator, parameters, ...security });
  return compile(model, {
    ...{ packing, evaluator, parameters, fuse, signal, onProgress, ...security },
    samples: await sampleImages(model),
  });
}

/** @throws InputError if the options speak of several sources of images, or of choosing from one that is taken whole */
function requireOneSource({
  dataset,
  datasetDir,
  index,
  count,
  input,
  image,
  invert,
  label,
}: InferCommandOptions): void {
  if ([dataset, input, image].filter((source) => source !== undefined).length > 1) {
    throw new InputError("infer: --dataset, --input and --image exclude each other; give one of them");
  }
  if (dataset === undefined && (index ?? count ?? datasetDir) !== undefined) {
    throw new InputError(
      "infer: --index, --count and --dataset-dir choose from a dataset; --input and --image are taken whole",
    );
  }
  if (label !== undefined && (input === undefined || !hasEnding(input, ".csv"))) {
    throw new InputError("infer: --label is for a CSV file; give --input X.csv");
  }
  if (invert && image === undefined) throw new InputError("infer: --invert is for a picture; give --image");
}

const hasEnding = (path: string, ending: string) => path.toLowerCase().endsWith(ending);

/** A folder of pictures is taken as `--image` takes it. */
async function withPictures(options: InferCommandOptions): Promise<InferCommandOptions> {
  const { input, image } = options;
  if (input === undefined || image !== undefined) return options;
  const status = await stat(input).catch(() => undefined);
  return status?.isDirectory() ? { ...options, input: undefined, image: input } : options;
}

async function findImages(
  { dataset, datasetDir, index, count, input, label, image, invert, ...options }: InferCommandOptions,
  model: Model,
  warn: (message: string) => void,
): Promise<ImagesSource> {
  const { inputShape: modelShape, classNames } = model;
  if (image !== undefined) return pictureImages(image, modelShape, invert ?? false, warn);
  if (input !== undefined && hasEnding(input, ".csv")) {
    return csvImages(input, { label, modelPath: await modelFile(options.model), modelShape, classNames });
  }
  if (input !== undefined && hasEnding(input, ".npy")) return npyImages(input, modelShape);
  if (input !== undefined) return jsonImages(input, modelShape, layerShapes(model).at(-1)!);
  if (dataset !== undefined) return datasetImages(dataset, index ?? 0, count ?? 1, datasetDir);
  throw new InputError(
    "infer: expected images; give --dataset mnist --index 0, --image digit.png, or --input with a .json, .csv or .npy file",
  );
}

/** The shape of one image where it is known without the model: some model files do not say it. */
async function shapeOfImages({
  dataset,
  datasetDir,
  input,
}: InferCommandOptions): Promise<Shape | undefined> {
  if (input !== undefined && hasEnding(input, ".csv")) return undefined;
  if (input !== undefined && hasEnding(input, ".npy")) return npyImageShape(input);
  if (input !== undefined) return jsonImageShape(input);
  if (dataset === undefined) return undefined;
  const { images } = await datasetImages(dataset, 0, 1, datasetDir);
  return images.shape.slice(1);
}
