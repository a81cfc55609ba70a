import Table from "cli-table3";
import { Command, Option } from "commander";
import { machineCosts } from "../he-ml/node/calibration/machine-costs.js";
import { packings, type Packing } from "../he-ml/crypto/packing.js";
import { checkParameters, formatParameters } from "../he-ml/crypto/parameters.js";
import { loadModel } from "../he-ml/node/files/load-model.js";
import { compile } from "../he-ml/node/compile.js";
import { explain, type Explanation } from "../he-ml/program/explain.js";
import { formatShape, type Shape } from "../he-ml/tensor/tensor.js";
import { readJsonFile } from "../he-ml/node/files/json-file.js";
import { writeWholeFile } from "../he-ml/node/files/whole-file.js";
import { onChainThatDoes } from "./chain-that-does.js";
import { layerRange } from "./arguments.js";
import type { CommandIo } from "./command-io.js";
import { evaluatorOption, type EvaluatorOption } from "./evaluator-option.js";
import { requireWritableFile } from "./files.js";
import { inputShapeOption, loadInShape } from "./input-shape.js";
import type { AskedSecurity } from "../he-ml/crypto/security-tables.js";
import { addSecurityOptions, securityAsked } from "./security-options.js";
import { sampleImages } from "./sample-images.js";
import { errorText, megabytes, percent } from "../viz/units.js";

interface ExplainOptions extends EvaluatorOption, AskedSecurity {
  readonly model: string;
  readonly packing: Packing;
  readonly parameters?: string;
  readonly layers?: readonly number[];
  readonly fuse: boolean;
  readonly clientSpec?: string;
  readonly program?: string;
  readonly inputShape?: Shape;
  readonly json?: boolean;
}

/** `he-ml explain`: what a run will do and cost, with nothing encrypted. */
export function explainCommand(io: CommandIo): Command {
  const command = new Command("explain")
    .description("tell layouts, levels, operations, time and error of a run before anything is encrypted")
    .requiredOption("--model <M>", "a model file, or the name of a folder under models/")
    .addOption(new Option("--packing <p>", "layout of ciphertexts").choices(packings).default("packed"))
    .option("--parameters <file>", "CKKS parameters as JSON, instead of the planner's or the model's own");
  return addSecurityOptions(command)
    .option("--layers <range>", "only these layers, as 0-3; all if left out", layerRange)
    .option("--no-fuse", "packing packed: a stage for each layer, so that each one's error shows")
    .option("--client-spec <file>", "write what a client needs to know, as JSON")
    .option("--program <file>", "write the program, weights included, as JSON: for servers, not for clients")
    .addOption(evaluatorOption())
    .addOption(inputShapeOption())
    .option("--json", "print everything as JSON")
    .action((options: ExplainOptions) => run(options, io));
}

async function run(options: ExplainOptions, { stdout, stderr }: CommandIo): Promise<void> {
  const warn = (message: string) => void stderr.write(`he-ml: ${message}\n`);
  const { packing, evaluator, layers, parameters: file, fuse, clientSpec, program: programFile } = options;
  const security = securityAsked("explain", options);
  const model = await loadInShape(loadModel, options.model, options.inputShape);
  if (clientSpec) await requireWritableFile("--client-spec", clientSpec);
  if (programFile) await requireWritableFile("--program", programFile);
  const parameters = file ? checkParameters(await readJsonFile("--parameters", file)) : undefined;
  const samples = packing === "packed" ? await sampleImages(model) : undefined;
  const program = await onChainThatDoes({ parameters: file }, warn, (longer) =>
    compile(model, {
      packing,
      evaluator,
      layers,
      parameters: parameters ?? longer,
      ...(longer ? {} : security),
      ...(packing === "packed" ? { fuse, samples } : {}),
    }),
  );
  const explanation = explain(program, {
    costs: await machineCosts(program.parameters, undefined, program.evaluator),
  });
  stdout.write(options.json ? `${JSON.stringify(explanation)}\n` : `${explanationText(explanation)}\n`);
  if (clientSpec) await writeWholeFile(clientSpec, `${JSON.stringify(program.clientSpec)}\n`);
  if (programFile) await writeWholeFile(programFile, `${JSON.stringify(program)}\n`);
}

/** One row a stage, then the sums. */
export function explanationText(explanation: Explanation): string {
  const { model, packing, evaluator, parameters, stages, totals, rotationSteps, bytes, ...held } =
    explanation;
  const table = new Table({
    head: [
      "stage",
      "out",
      "level",
      "scale",
      "diagonals",
      "rotate",
      "× plain",
      "square",
      "ms",
      "rms error",
      "largest",
    ],
    colAligns: ["left", ...new Array<"right">(10).fill("right")],
    style: { head: [], border: [], compact: true },
  });
  for (const { name, shape, before, level, scaleBits, diagonals, ops, ...predicted } of stages) {
    table.push([
      name,
      formatShape(shape),
      `${before.level} → ${level}`,
      `2^${scaleBits.toFixed(1)}`,
      diagonals,
      ops.rotate,
      ops.multiplyPlain,
      ops.square,
      predicted.predictedMilliseconds.toPrecision(3),
      errorText(predicted.predictedRmsError),
      errorText(predicted.predictedMaxError),
    ]);
  }
  const { rotate, multiplyPlain } = totals.ops;
  return [
    `${model}, packing ${packing}: ${formatParameters(checkParameters(parameters))}, ` +
      `inputs at 2^${parameters.scaleBits}; planned for the evaluator "${evaluator}"`,
    table.toString(),
    `in all ${rotate} rotations, ${multiplyPlain} products with plaintexts: ` +
      `${totals.predictedMilliseconds.toPrecision(3)} ms predicted for this machine, on one thread`,
    `errors are those that a run is expected to show at a stage's outputs, in the values' own unit: root mean square and largest; ` +
      `results may be off by ${percent(held.relativeError)} of the largest output`,
    `travels: input ${megabytes(bytes.input)}, evaluation keys ${megabytes(bytes.evaluationKeys)} ` +
      `(${rotationSteps.length} rotations), output ${megabytes(bytes.output)}`,
    ...(held.blindingBits === undefined
      ? []
      : [
          `what an answer carries beside its values is blinded by noise 2^${held.blindingBits} times as large`,
        ]),
  ].join("\n");
}
