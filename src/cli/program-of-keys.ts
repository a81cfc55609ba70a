import { describeBytes } from "../he-ml/crypto/byte-format.js";
import { shortDigest } from "../he-ml/crypto/key-bytes.js";
import { checkParameters, type ParametersSpec } from "../he-ml/crypto/parameters.js";
import { tensorFromBytes } from "../he-ml/crypto/tensor-bytes.js";
import { InputError } from "../he-ml/errors.js";
import type { Model } from "../he-ml/model/model.js";
import { readJsonFile } from "../he-ml/node/files/json-file.js";
import { loadModel } from "../he-ml/node/files/load-model.js";
import { compile as compileHere } from "../he-ml/node/compile.js";
import { compile, type CompileOptions } from "../he-ml/program/compile.js";
import { Program } from "../he-ml/program/program.js";
import { sampleImages } from "./sample-images.js";

/**
 * The program that a client's keys were made for: the one that a file holds, or else a model, planned as it was for the
 * client's specification.
 *
 * @param name of a model or its file, or of a file that holds a program
 * @param input encrypted images under these keys, which say their packing
 * @throws InputError if it is another program, or planning the model gives another
 */
export async function programOfKeys(
  name: string,
  keys: Uint8Array,
  input: Uint8Array,
  layers: readonly number[] | undefined,
): Promise<Program> {
  const { program: wanted, parameters } = describeBytes(keys)!.header as unknown as {
    readonly program: string;
    readonly parameters: ParametersSpec;
  };
  const held = await heldProgram(name);
  if (held) {
    if (held.digest === wanted) return held;
    throw new InputError(
      `evaluate: --public holds keys for program ${shortDigest(wanted)}…, and "${name}" is program ` +
        `${shortDigest(held.digest)}…; make the keys by this program's client specification`,
    );
  }
  const model = await loadModel(name);
  const { packing } = tensorFromBytes(input);
  const found: string[] = [];
  for await (const program of plannedInTurn(model, {
    packing,
    layers,
    parameters: checkParameters(parameters),
  })) {
    if (program.digest === wanted) return program;
    found.push(`${shortDigest(program.digest)}…`);
  }
  throw new InputError(
    `evaluate: --public holds keys for program ${shortDigest(wanted)}…, and planning "${name}" gives ` +
      `${[...new Set(found)].join(", ") || "none"}; give the --layers of the client's specification, or the program itself, ` +
      `as explain --client-spec S.json --program P.json writes both`,
  );
}

async function heldProgram(name: string): Promise<Program | undefined> {
  if (!name.toLowerCase().endsWith(".json")) return undefined;
  const json = await readJsonFile("--model", name);
  const isProgram = (json as { readonly format?: unknown } | null)?.format === "he-ml program";
  return isProgram ? Program.fromJSON(json) : undefined;
}

/** As \`explain\` plans on this machine, and as servers plan on any; under chosen parameters, and under those of the keys. */
async function* plannedInTurn(
  model: Model,
  { parameters, ...asked }: CompileOptions,
): AsyncGenerator<Program> {
  const samples = asked.packing === "packed" ? await sampleImages(model) : undefined;
  for (const under of [{}, { parameters }]) {
    for (const plan of [
      () => compileHere(model, { ...asked, ...under, samples }),
      () => compile(model, { ...asked, ...under }),
    ]) {
      try {
        yield await plan();
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
      }
    }
  }
}
