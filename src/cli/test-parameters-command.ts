import { access } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";
import { Command } from "commander";
import { InputError } from "../he-ml/errors.js";
import { readJsonFile } from "../he-ml/node/files/json-file.js";
import { loadNetwork } from "../he-ml/node/files/load-model.js";
import { writeWholeFile } from "../he-ml/node/files/whole-file.js";
import { testParameters } from "../he-ml/node/test-parameters.js";
import { readTestReport } from "../he-ml/parameters-tester/resume.js";
import { mostThreads, readTestInput, type TestInput } from "../he-ml/parameters-tester/test-input.js";
import type { TestReport } from "../he-ml/parameters-tester/test-report.js";
import type { Shape } from "../he-ml/tensor/tensor.js";
import { datasetNames } from "../train/load-dataset.js";
import { wholeNumber } from "./arguments.js";
import type { CommandIo } from "./command-io.js";
import { requireWritableFile } from "./files.js";
import { fitToModel } from "./fit-to-model.js";
import { datasetImages } from "./images-source.js";
import { inputShapeOption, loadInShape } from "./input-shape.js";
import { startProgress } from "./progress.js";
import { testTable } from "./test-text.js";

interface TestCommandOptions {
  readonly model?: string;
  readonly dataset?: string;
  readonly datasetDir?: string;
  readonly index: number;
  readonly count: number;
  readonly inputShape?: Shape;
  readonly threads?: number;
  readonly out?: string;
  readonly json?: boolean;
}

/** More than any test set has, few enough to list. */
const mostImages = 1_000_000;

/** `he-ml test-parameters`: what error, budget and time each of many parameter sets comes to. */
export function testParametersCommand(io: CommandIo): Command {
  return new Command("test-parameters")
    .description("run many parameter sets on a model and images, and tell what each of them comes to")
    .argument(
      "<PARAMS.json>",
      "parameter sets, with encryption_parameters: [{…}, …]; PyCrCNN's own are read too",
    )
    .option(
      "--model <M>",
      "a model file, or the name of a folder under models/, where PARAMS.json has no model_path",
    )
    .option("--dataset <name>", "whose test images to take, where PARAMS.json has no dataset")
    .option("--dataset-dir <dir>", "folder with the dataset's IDX files, where they are not installed")
    .option("--index <i>", "first test image", wholeNumber(0, mostImages), 0)
    .option("--count <n>", "test images, from --index on", wholeNumber(1, mostImages), 1)
    .addOption(inputShapeOption())
    .option(
      "--threads <n>",
      "sets that run at the same time, where PARAMS.json has no max_threads (default: 1, which times best)",
      wholeNumber(1, mostThreads),
    )
    .option(
      "--out <file>",
      "write the report after each set; where it is there already, go on with what is left",
    )
    .option("--json", "print the report as JSON")
    .action((file: string, options: TestCommandOptions) => run(file, options, io));
}

async function run(file: string, options: TestCommandOptions, io: CommandIo): Promise<void> {
  const { stdout, stderr, signal } = io;
  const warn = (message: string) => void stderr.write(`he-ml: ${message}\n`);
  const content = await readJsonFile("test-parameters", file);
  const input = readTestInput(content);
  const asked = await withFile(file, input, options);
  const source = await datasetImages(asked.dataset, options.index, options.count, options.datasetDir);
  const network = await loadInShape(loadNetwork, asked.model, options.inputShape, () =>
    Promise.resolve(source.images.shape.slice(1)),
  );
  const images = fitToModel(source.images, network.inputShape, warn);
  const { out } = options;
  if (out !== undefined) await requireWritableFile("--out", out);
  const resume = out === undefined ? undefined : await earlierReport(out);

  const start = performance.now();
  const print = (report: TestReport) => {
    if (options.json) return stdout.write(`${JSON.stringify(report)}\n`);
    const ran = report.results.length - (resume?.results.length ?? 0);
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    return stdout.write(`${testTable(report)}\n${ran} ${ran === 1 ? "set" : "sets"} run in ${seconds} s\n`);
  };
  const progress = startProgress(stderr);
  let soFar = resume;
  try {
    const report = await testParameters(network, images, content, {
      dataset: asked.dataset,
      index: options.index,
      threads: asked.threads,
      resume,
      signal,
      onProgress: (step, done, total) => progress.update(step, done, total),
      onResult: async (_, report) => {
        soFar = report;
        if (out !== undefined) await writeWholeFile(out, `${JSON.stringify(report)}\n`);
      },
    });
    print(report);
  } catch (error) {
    // What is done is not lost to whoever did not ask for a file.
    if (signal.aborted && out === undefined && soFar) print(soFar);
    throw error;
  } finally {
    progress.stop();
  }
}

/** The report that a call before this one has left, if it has. */
async function earlierReport(out: string): Promise<TestReport | undefined> {
  const exists = await access(out).then(
    () => true,
    () => false,
  );
  return exists ? readTestReport(`--out: "${out}"`, await readJsonFile("--out", out)) : undefined;
}

interface Asked {
  readonly model: string;
  readonly dataset: string;
  readonly threads?: number;
}

/**
 * What file and command line say together.
 *
 * @throws InputError if they say different things, or none says which model and which images
 */
async function withFile(file: string, input: TestInput, options: TestCommandOptions): Promise<Asked> {
  const dataset = input.dataset === undefined ? undefined : datasetNamed(input.dataset);
  requireAlike("model", "model_path", options.model, input.modelPath);
  requireAlike("dataset", "dataset", options.dataset, dataset);
  requireAlike("threads", "max_threads", options.threads, input.maxThreads);
  const model = options.model ?? (input.modelPath && (await besideFile(file, input.modelPath)));
  const chosen = options.dataset ?? dataset;
  if (!model || !chosen) {
    const [option, key] = model ? ["--dataset mnist", "dataset"] : ["--model M", "model_path"];
    throw new InputError(`test-parameters: "${file}" has no ${key}; give it there, or by ${option}`);
  }
  return { model, dataset: chosen, threads: options.threads ?? input.maxThreads };
}

function requireAlike(option: string, key: string, said?: string | number, filed?: string | number): void {
  if (said === undefined || filed === undefined || said === filed) return;
  throw new InputError(
    `test-parameters: --${option} says ${JSON.stringify(said)}, and ${key} in the file ${JSON.stringify(filed)}; ` +
      `leave one of the two out`,
  );
}

/** A dataset as torchvision calls it: "MNIST", "FashionMNIST". */
function datasetNamed(given: string): string {
  const plain = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, "");
  return datasetNames.find((name) => plain(name) === plain(given)) ?? given;
}

/** A path that a file names is meant from where that file is, or else from here. */
async function besideFile(file: string, path: string): Promise<string> {
  if (isAbsolute(path)) return path;
  const beside = join(dirname(file), path);
  return access(beside).then(
    () => beside,
    () => path,
  );
}
