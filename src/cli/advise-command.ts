import { Argument, Command, Option } from "commander";
import { loadModel } from "../he-ml/node/files/load-model.js";
import { modelFile } from "../he-ml/node/files/model-folder.js";
import { advise } from "../he-ml/node/advise.js";
import { adviceGoals, type AdviceGoal } from "../he-ml/parameters-tester/advice.js";
import type { AskedSecurity } from "../he-ml/crypto/security-tables.js";
import type { Model } from "../he-ml/model/model.js";
import type { Shape, Tensor } from "../he-ml/tensor/tensor.js";
import { InputError } from "../he-ml/errors.js";
import { adviceText } from "./advice-text.js";
import { relativeError, wholeNumber } from "./arguments.js";
import { ExitStatus, type CommandIo } from "./command-io.js";
import { requireFigureFile, writeFigure } from "./figure-file.js";
import { fitToModel } from "./fit-to-model.js";
import { datasetImages } from "./images-source.js";
import { inputShapeOption, loadInShape } from "./input-shape.js";
import { startProgress } from "./progress.js";
import { referenceLogits } from "./reference-logits.js";
import { sampleImages } from "./sample-images.js";
import { addSecurityOptions } from "./security-options.js";

interface AdviseCommandOptions extends AskedSecurity {
  readonly goal: AdviceGoal;
  readonly relativeError?: number;
  readonly dataset?: string;
  readonly datasetDir?: string;
  readonly index?: number;
  readonly count?: number;
  readonly inputShape?: Shape;
  readonly figure?: string;
  readonly json?: boolean;
}

/** Images that points are run on: packed, each takes a request of its own. */
const usualCount = 4;
const mostImages = 1000;

/** `he-ml advise`: which parameters to take, each tried by a real run. */
export function adviseCommand(io: CommandIo): Command {
  const command = new Command("advise")
    .description(
      "say which parameters to take for a model: those worth taking, each tried by a real run, and why",
    )
    .addArgument(new Argument("<model>", "a model file, or the name of a folder under models/"))
    .addOption(new Option("--goal <g>", "what is to be small").choices(adviceGoals).default("latency"))
    .option(
      "--relative-error <e>",
      "largest error wanted, relative to the largest output (default: 0.01)",
      relativeError,
    );
  return addSecurityOptions(command)
    .option("--dataset <name>", "run on images of this dataset's test set (default: the model's own)")
    .option("--dataset-dir <dir>", "folder with the dataset's IDX files, where they are not installed")
    .option("--index <i>", "first test image (default: 0)", wholeNumber(0, 1_000_000))
    .option("--count <n>", `test images (default: ${usualCount})`, wholeNumber(1, mostImages))
    .addOption(inputShapeOption())
    .option("--figure <file>", "draw the points, error against goal, as .svg or .png")
    .option("--json", "print everything as JSON")
    .action((model: string, options: AdviseCommandOptions) => run(model, options, io));
}

async function run(name: string, options: AdviseCommandOptions, io: CommandIo): Promise<void> {
  const { stdout, stderr, signal } = io;
  const { goal, relativeError: asked, security, securityTable } = options;
  const warn = (message: string) => void stderr.write(`he-ml: ${message}\n`);
  if (options.figure !== undefined) await requireFigureFile("--figure", options.figure);
  const model = await loadInShape(loadModel, name, options.inputShape);
  const images = await testImages(model, options, warn);
  const plainLogits = images && (await referenceLogits(await modelFile(name), images, warn));
  const progress = startProgress(stderr);
  const report = await advise(
    model,
    { goal, relativeError: asked, security, securityTable },
    {
      ...{ images, plainLogits, signal },
      samples: await sampleImages(model),
      onProgress: (step, done, total) => progress.update(step, done, total),
    },
  ).finally(() => progress.stop());
  stdout.write(options.json ? `${JSON.stringify(report)}\n` : `${adviceText(report)}\n`);
  if (options.figure !== undefined) {
    const { paretoFront } = await import("../viz/index.js");
    await writeFigure(options.figure, paretoFront(report));
    warn(`figure written to ${options.figure}`);
  }
  if (report.recommended !== null) return;
  warn(`advise: ${report.stricter}`);
  throw new ExitStatus(1);
}

/** Images of the dataset that is named, or that the model was trained on; none where that is not known. */
async function testImages(
  model: Model,
  { dataset = model.dataset, datasetDir, index, count }: AdviseCommandOptions,
  warn: (message: string) => void,
): Promise<Tensor | undefined> {
  if (dataset !== undefined) {
    const { images } = await datasetImages(dataset, index ?? 0, count ?? usualCount, datasetDir);
    return fitToModel(images, model.inputShape, warn);
  }
  if ((index ?? count ?? datasetDir) !== undefined) {
    throw new InputError(
      `advise: --index, --count and --dataset-dir choose from a dataset, and model "${model.name}" names none; give --dataset`,
    );
  }
  warn(
    `model "${model.name}" names no dataset: run on images made up from its ranges; give --dataset for real ones`,
  );
  return undefined;
}
