import { Command } from "commander";
import { InputError } from "../he-ml/errors.js";
import { loadNetwork } from "../he-ml/node/files/load-model.js";
import { inspectNetwork, type InspectOptions, type Inspection } from "../he-ml/model/inspection.js";
import { UnsupportedLayersError, type UnsupportedLayer } from "../he-ml/model/unsupported-layers.js";
import type { CommandIo, Output } from "./command-io.js";
import { datasetImages } from "./images-source.js";
import { inspectionText, unsupportedText } from "./inspection-text.js";

/** Every dataset has as many committed test images. */
const rangeImages = 100;

interface InspectCommandOptions {
  readonly dataset?: string;
  readonly datasetDir?: string;
  readonly json?: boolean;
}

/** `he-ml inspect`: what is in a model, and what of it cannot be encrypted. */
export function inspectCommand({ stdout }: CommandIo): Command {
  return new Command("inspect")
    .description(
      "list a model's layers, shapes, parameters, depth, value ranges and what cannot be encrypted",
    )
    .argument("<M>", "a model file, or the name of a folder under models/")
    .option(
      "--dataset <name>",
      "measure value ranges on a dataset's test images (default: from metrics.json)",
    )
    .option("--dataset-dir <dir>", "folder with the dataset's IDX files, where they are not installed")
    .option("--json", "print everything as JSON")
    .action((name: string, options: InspectCommandOptions) => inspect(name, options, stdout));
}

async function inspect(name: string, options: InspectCommandOptions, stdout: Output): Promise<void> {
  if (options.datasetDir !== undefined && options.dataset === undefined) {
    throw new InputError("inspect: --dataset-dir is for a dataset; give --dataset");
  }
  const found = await loadNetwork(name).catch((error: unknown) => {
    // Of such a model no more is known than what stands in the way.
    if (error instanceof UnsupportedLayersError) return error;
    throw error;
  });
  if (found instanceof UnsupportedLayersError) {
    print(
      stdout,
      options,
      { model: found.modelName, unsupported: found.layers },
      unsupportedText(found.modelName, found.layers),
    );
    return;
  }
  const inspection = inspectNetwork(found, await rangesSource(options));
  print(stdout, options, inspection, inspectionText(inspection));
}

/** Where the ranges of values come from: a dataset's first test images, or else the model's `metrics.json`. */
async function rangesSource({ dataset, datasetDir }: InspectCommandOptions): Promise<InspectOptions> {
  if (dataset === undefined) return { rangesFrom: "metrics.json" };
  const { images } = await datasetImages(dataset, 0, rangeImages, datasetDir);
  return { images, rangesFrom: dataset };
}

function print(
  stdout: Output,
  { json }: InspectCommandOptions,
  content: Inspection | { readonly model: string; readonly unsupported: readonly UnsupportedLayer[] },
  text: string,
): void {
  stdout.write(json ? `${JSON.stringify(content)}\n` : `${text}\n`);
}
