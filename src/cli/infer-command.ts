import { Command, Option } from "commander";
import { packings, type Packing } from "../he-ml/crypto/packing.js";
import { checkParameters, type CkksParameters } from "../he-ml/crypto/parameters.js";
import { readJsonFile } from "../he-ml/node/files/json-file.js";
import { loadModel } from "../he-ml/node/files/load-model.js";
import { modelFile } from "../he-ml/node/files/model-folder.js";
import { writeWholeFile } from "../he-ml/node/files/whole-file.js";
import { layerShapes, modelForward, requireBatchOf, type Model } from "../he-ml/model/model.js";
import type { LongWorkOptions } from "../he-ml/long-work.js";
import { compile, compileParts } from "../he-ml/node/compile.js";
import type { CompileOptions } from "../he-ml/program/compile.js";
import type { Program } from "../he-ml/program/program.js";
import { infer } from "../he-ml/node/infer.js";
import { predictionGaps } from "../he-ml/service/prediction-gaps.js";
import { requirePackages } from "../he-ml/node/optional-packages.js";
import { valueRanges } from "../he-ml/model/value-range.js";
import { maxAbs, type Shape, type Tensor } from "../he-ml/tensor/tensor.js";
import { layerNumbers, wholeNumber } from "./arguments.js";
import { evaluatorOption, type EvaluatorOption } from "./evaluator-option.js";
import { ExitStatus, type CommandIo } from "./command-io.js";
import { requireWritableFile } from "./files.js";
import { fitToModel } from "./fit-to-model.js";
import { addImageOptions, imageSource, type ImageOptions } from "./image-options.js";
import { onChainThatDoes } from "./chain-that-does.js";
import { inputShapeOption, loadInShape } from "./input-shape.js";
import { firstLine, gapLines, resultTable } from "./inference-text.js";
import { startProgress } from "./progress.js";
import type { AskedSecurity } from "../he-ml/crypto/security-tables.js";
import { addSecurityOptions, securityAsked } from "./security-options.js";
import { referenceLogits } from "./reference-logits.js";
import { sampleImages } from "./sample-images.js";

interface InferCommandOptions extends EvaluatorOption, AskedSecurity, ImageOptions {
  readonly model: string;
  readonly inputShape?: Shape;
  readonly reencrypt?: readonly number[];
  readonly packing: Packing;
  readonly fuse: boolean;
  readonly parameters?: string;
  readonly threads?: number;
  readonly report?: string;
  readonly allowError?: boolean;
  readonly json?: boolean;
}

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
  const command = new Command("infer")
    .description("classify images while they are encrypted, and compare with the plain model")
    .requiredOption("--model <M>", "a model file, or the name of a folder under models/");
  return addImageOptions(command)
    .addOption(new Option("--packing <p>", "layout of ciphertexts").choices(packings).default("batch"))
    .addOption(inputShapeOption())
    .option(
      "--reencrypt <layers>",
      "have the client encrypt afresh before these layers, as 3,5: shorter chains for a round trip each",
      layerNumbers,
    )
    .option("--no-fuse", "packing packed: a stage for each layer, so that each one's error shows")
    .option("--parameters <file>", "CKKS parameters as JSON, instead of the model's own")
    .option(
      "--threads <n>",
      "worker threads (default: one a core; packing packed: at most two)",
      wholeNumber(1, 256),
    );
}

async function run(options: InferCommandOptions, { stdout, stderr, signal }: CommandIo): Promise<void> {
  const source = await imageSource("infer", options);
  securityAsked("infer", options);
  const model = await loadInShape(loadModel, options.model, options.inputShape, source.shape);
  if (options.report) {
    requirePackages("plots");
    await requireWritableFile("--report", options.report);
  }
  const warn = (message: string) => void stderr.write(`he-ml: ${message}\n`);
  const { labels, names, expectedLogits, classNames, ...found } = await source.find(
    {
      inputShape: model.inputShape,
      outputShape: layerShapes(model).at(-1)!,
      classNames: model.classNames,
      modelPath: await modelFile(options.model),
    },
    warn,
  );
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
    reencrypt,
    evaluator,
    parameters: file,
    signal,
    onProgress,
    ...asked
  }: InferCommandOptions & LongWorkOptions,
  longer: CkksParameters | undefined,
): Promise<Program | readonly Program[]> {
  const parameters = file ? checkParameters(await readJsonFile("--parameters", file)) : longer;
  const security = parameters ? {} : securityAsked("infer", asked);
  const options: CompileOptions =
    packing === "packed"
      ? { packing, evaluator, parameters, fuse, signal, onProgress, samples: await sampleImages(model) }
      : { packing, evaluator, parameters };
  const all = { ...options, ...security };
  return reencrypt ? compileParts(model, { ...all, reencryptPositions: reencrypt }) : compile(model, all);
}
