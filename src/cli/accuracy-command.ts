import { access } from "node:fs/promises";
import { join } from "node:path";
import { Command, Option } from "commander";
import type { EvaluatorKind } from "../he-ml/crypto/evaluator-kind.js";
import { packings, type Packing } from "../he-ml/crypto/packing.js";
import { checkParameters, type CkksParameters } from "../he-ml/crypto/parameters.js";
import type { AskedSecurity } from "../he-ml/crypto/security-tables.js";
import { InputError } from "../he-ml/errors.js";
import type { Model } from "../he-ml/model/model.js";
import { accuracy } from "../he-ml/node/accuracy.js";
import { compile as compileHere } from "../he-ml/node/compile.js";
import { readJsonFile } from "../he-ml/node/files/json-file.js";
import { loadModel } from "../he-ml/node/files/load-model.js";
import { modelFile } from "../he-ml/node/files/model-folder.js";
import { writeWholeFile } from "../he-ml/node/files/whole-file.js";
import { requirePackages } from "../he-ml/node/optional-packages.js";
import { compile as compileAnywhere } from "../he-ml/program/compile.js";
import type { Program } from "../he-ml/program/program.js";
import { readAccuracyReport, type AccuracyReport } from "../he-ml/service/accuracy-report.js";
import { accuracySummary, logitErrors, type AccuracySummary } from "../he-ml/service/accuracy-summary.js";
import { isTooWide } from "../he-ml/service/gaps.js";
import type { Shape } from "../he-ml/tensor/tensor.js";
import { loadDataset } from "../train/load-dataset.js";
import { formatCount, percent } from "../viz/units.js";
import { accuracyText } from "./accuracy-text.js";
import { relativeError, wholeNumber } from "./arguments.js";
import { onChainThatDoes } from "./chain-that-does.js";
import { ExitStatus, type CommandIo } from "./command-io.js";
import { evaluatorOption } from "./evaluator-option.js";
import { requireWritableFile } from "./files.js";
import { fitToModel } from "./fit-to-model.js";
import { datasetImages } from "./images-source.js";
import { inputShapeOption, loadInShape } from "./input-shape.js";
import { startProgress } from "./progress.js";
import { referenceLogits } from "./reference-logits.js";
import { sampleImages } from "./sample-images.js";
import { addSecurityOptions, securityAsked } from "./security-options.js";

interface AccuracyCommandOptions extends AskedSecurity {
  readonly model: string;
  readonly dataset: string;
  readonly datasetDir?: string;
  readonly index: number;
  readonly count?: number;
  readonly packing: Packing;
  readonly inputShape?: Shape;
  readonly fuse: boolean;
  readonly parameters?: string;
  readonly relativeError?: number;
  readonly evaluator?: EvaluatorKind;
  readonly threads?: number;
  readonly redis?: string;
  readonly out?: string;
  readonly resume?: boolean;
  readonly report?: string;
  readonly json?: boolean;
}

/** More than any test set has, few enough to list. */
const mostImages = 1_000_000;

/** `he-ml accuracy`: encrypted against plain accuracy on a test set. */
export function accuracyCommand(io: CommandIo): Command {
  const command = new Command("accuracy")
    .description("classify a test set while it is encrypted, and tell encrypted from plain accuracy")
    .requiredOption("--model <M>", "a model file, or the name of a folder under models/")
    .requiredOption("--dataset <name>", "whose test images to take (mnist, fashion-mnist, breast-cancer, …)")
    .option("--dataset-dir <dir>", "folder with the dataset's IDX files, where they are not installed")
    .option("--index <i>", "first test image", wholeNumber(0, mostImages), 0)
    .option("--count <n>", "test images, from --index on (default: all)", wholeNumber(1, mostImages))
    .addOption(new Option("--packing <p>", "layout of ciphertexts").choices(packings).default("batch"))
    .addOption(inputShapeOption())
    .option("--no-fuse", "packing packed: a stage for each layer")
    .option("--parameters <file>", "CKKS parameters as JSON, instead of the model's own")
    .option(
      "--relative-error <e>",
      "packing packed: largest error to plan for, relative to the largest logit (default: 0.01)",
      relativeError,
    );
  return addSecurityOptions(command)
    .addOption(evaluatorOption())
    .option(
      "--threads <n>",
      "worker threads (default: one a core; packing packed: at most two)",
      wholeNumber(1, 256),
    )
    .option(
      "--redis <url>",
      "share the images among the he-ml workers there, as redis://127.0.0.1:6379; the secret key stays here",
    )
    .option(
      "--out <file>",
      "write every image's logits after each chunk; where it is there already, go on with what is left (default: out/accuracy-MODEL-DATASET-PACKING.json, anew)",
    )
    .option("--resume", "go on with the default file, too")
    .option("--report <file>", "write an HTML report with figures")
    .option("--json", "print what was measured as JSON")
    .action((options: AccuracyCommandOptions) => run(options, io));
}

async function run(options: AccuracyCommandOptions, io: CommandIo): Promise<void> {
  const { stdout, stderr, signal } = io;
  const warn = (message: string) => void stderr.write(`he-ml: ${message}\n`);
  securityAsked("accuracy", options);
  requireForWorkers(options);
  const source = await testImages(options);
  const model = await loadInShape(loadModel, options.model, options.inputShape, () =>
    Promise.resolve(source.images.shape.slice(1)),
  );
  const images = fitToModel(source.images, model.inputShape, warn);
  if (options.report) {
    requirePackages("plots");
    await requireWritableFile("--report", options.report);
  }
  const out = options.out ?? usualFile(model, options);
  await requireWritableFile("--out", out);
  const resume = await earlierReport(out, options, warn);
  const plainLogits = await referenceLogits(await modelFile(options.model), images, warn);

  const progress = startProgress(stderr);
  const report = await onChainThatDoes(options, warn, async (longer) =>
    accuracy(
      await compiled(model, options, longer, {
        signal,
        onProgress: (done, total) => progress.update("plan", done, total),
      }),
      images,
      source.labels,
      {
        ...{ plainLogits, dataset: options.dataset, index: options.index, classNames: source.classNames },
        ...{ resume, signal, threads: options.threads, evaluator: options.evaluator },
        ...(options.redis !== undefined && { redis: { url: options.redis, model: options.model } }),
        onProgress: (step, done, total) => progress.update(step, done, total),
        onResult: (_, soFar) => writeWholeFile(out, `${JSON.stringify(soFar)}\n`),
      },
    ),
  ).finally(() => progress.stop());

  const summary = accuracySummary(report);
  stdout.write(options.json ? `${JSON.stringify(summary)}\n` : `${accuracyText(summary)}\n`);
  if (options.report) {
    const { accuracyReport } = await import("../viz/index.js");
    await writeWholeFile(options.report, await accuracyReport(summary, logitErrors(report)));
    stderr.write(`he-ml: report written to ${options.report}\n`);
  }
  const faults = faultLines(summary);
  faults.forEach(warn);
  if (faults.length > 0) throw new ExitStatus(1);
}

/** What the results say that must not go by. */
function faultLines({ outOfRange, relativeToMax, relativeErrorAsked }: AccuracySummary): string[] {
  const lines: string[] = [];
  if (outOfRange.length > 0) {
    const [{ index, reason }] = outOfRange;
    lines.push(
      `${formatCount(outOfRange.length, "image")} out of the range that the program has room for, not encrypted and counted as ` +
        `wrong; the first is image ${index}: ${reason}`,
    );
  }
  if (isTooWide({ relativeToMax, allowed: relativeErrorAsked })) {
    lines.push(
      `the encrypted logits differ from the plain ones by ${percent(relativeToMax)} of the largest, at most ` +
        `${percent(relativeErrorAsked)} is expected: these parameters are not precise enough`,
    );
  }
  return lines;
}

async function testImages({ dataset, datasetDir, index, count }: AccuracyCommandOptions) {
  const all = count ?? (await loadDataset(dataset, "test", { directory: datasetDir })).images.count - index;
  if (all < 1) {
    throw new InputError(`accuracy: --index: dataset ${dataset} has no test image ${index}; begin before it`);
  }
  const { images, labels, classNames } = await datasetImages(dataset, index, all, datasetDir);
  return { images, labels: labels.map(Number), classNames };
}

/** @throws InputError if workers are to compute by what is decided where they are */
function requireForWorkers(options: AccuracyCommandOptions): void {
  if (options.redis === undefined) return;
  requirePackages("service");
  requirePackages("redis");
  const { threads, evaluator, relativeError: error, security, securityTable, fuse } = options;
  const theirs = Object.entries({
    ...{ "--threads": threads, "--evaluator": evaluator, "--relative-error": error },
    ...{ "--security": security, "--security-table": securityTable, "--no-fuse": fuse ? undefined : true },
  }).find(([, given]) => given !== undefined);
  if (!theirs) return;
  throw new InputError(
    `accuracy: ${theirs[0]}: the workers of --redis decide that; leave one of the two out`,
  );
}

const usualFile = ({ name }: Model, { dataset, packing }: AccuracyCommandOptions) =>
  join("out", `accuracy-${[name, dataset, packing].join("-").replace(/[^\w.-]/g, "_")}.json`);

/** The report that a run before this one has left, if it is to be gone on with. */
async function earlierReport(
  path: string,
  { out, resume }: AccuracyCommandOptions,
  warn: (message: string) => void,
): Promise<AccuracyReport | undefined> {
  const exists = await access(path).then(
    () => true,
    () => false,
  );
  if (resume && !exists) warn(`accuracy: --resume: there is no "${path}" to go on with; begun anew`);
  if (!exists || (out === undefined && !resume)) return undefined;
  return readAccuracyReport(`--out: "${path}"`, await readJsonFile("--out", path));
}

/** Workers compile by typical costs, and see no samples. */
async function compiled(
  model: Model,
  options: AccuracyCommandOptions,
  longer: CkksParameters | undefined,
  watch: { readonly signal: AbortSignal; readonly onProgress: (done: number, total: number) => void },
): Promise<Program> {
  const { packing, evaluator, parameters: file, relativeError: asked, fuse, redis } = options;
  const parameters = file ? checkParameters(await readJsonFile("--parameters", file)) : longer;
  if (packing !== "packed" && asked !== undefined) {
    throw new InputError(
      `accuracy: --relative-error is for --packing packed; leave it out, or give --parameters`,
    );
  }
  const security = parameters ? {} : securityAsked("accuracy", options);
  if (redis !== undefined) return compileAnywhere(model, { packing, parameters, signal: watch.signal });
  return compileHere(model, {
    ...{ packing, evaluator, parameters, ...security },
    ...(packing === "packed" && {
      ...{ fuse, relativeError: asked, samples: await sampleImages(model), ...watch },
    }),
  });
}
