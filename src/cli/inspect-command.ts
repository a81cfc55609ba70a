import { Command } from "commander";
import { InputError } from "../he-ml/errors.js";
import { loadNetwork } from "../he-ml/node/files/load-model.js";
import { inspectNetwork, type Inspection } from "../he-ml/model/inspection.js";
import { UnsupportedLayersError, type UnsupportedLayer } from "../he-ml/model/unsupported-layers.js";
import type { CommandIo, Output } from "./command-io.js";
import type { Shape, Tensor } from "../he-ml/tensor/tensor.js";
import { fitToModel } from "./fit-to-model.js";
import { datasetImages } from "./images-source.js";
import { inputShapeOption, loadInShape } from "./input-shape.js";
import { inspectionText, unsupportedText } from "./inspection-text.js";

/** Every dataset has as many committed test images. */
const rangeImages = 100;

interface InspectCommandOptions {
  readonly dataset?: string;
  readonly datasetDir?: string;
  readonly inputShape?: Shape;
  readonly json?: boolean;
}

/** `he-ml inspect`: what is in a model, and what of it cannot be encrypted. */
export function inspectCommand({ stdout, stderr }: CommandIo): Command {
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
    .addOption(inputShapeOption())
    .option("--json", "print everything as JSON")
    .action((name: string, options: InspectCommandOptions) => inspect(name, options, { stdout, stderr }));
}

async function inspect(
  name: string,
  options: InspectCommandOptions,
  { stdout, stderr }: Pick<CommandIo, "stdout" | "stderr">,
): Promise<void> {
  if (options.datasetDir !== undefined && options.dataset === undefined) {
    throw new InputError("inspect: --dataset-dir is for a dataset; give --dataset");
  }
  const images = await imagesOf(options);
  const found = await loadInShape(loadNetwork, name, options.inputShape, () =>
    Promise.resolve(images?.shape.slice(1)),
  ).catch((error: unknown) => {
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
  const warn = (message: string) => void stderr.write(`he-ml: ${message}\n`);
  const inspection = inspectNetwork(found, {
    images: images && fitToModel(images, found.inputShape, warn),
    rangesFrom: options.dataset ?? "metrics.json",
  });
  print(stdout, options, inspection, inspectionText(inspection));
}

/** A dataset's first test images, to see ranges of values on. */
async function imagesOf({ dataset, datasetDir }: InspectCommandOptions): Promise<Tensor | undefined> {
  if (dataset === undefined) return undefined;
  return (await datasetImages(dataset, 0, rangeImages, datasetDir)).images;
}

function print(
  stdout: Output,
  { json }: InspectCommandOptions,
  content: Inspection | { readonly model: string; readonly unsupported: readonly UnsupportedLayer[] },
  text: string,
): void {
  stdout.write(json ? `${JSON.stringify(content)}\n` : `${text}\n`);
}
