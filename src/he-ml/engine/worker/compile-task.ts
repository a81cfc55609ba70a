import { ciphertextCount } from "../../crypto/packing.js";
import { checkParameters } from "../../crypto/parameters.js";
import {
  evaluationKeyBytes,
  inputCiphertextBytes,
  outputCiphertextBytes,
} from "../../crypto/rotation-keys.js";
import { InputError } from "../../errors.js";
import { inputTensors, readOutputSpec } from "../../program/client-spec.js";
import { compileParts } from "../../program/compile-parts.js";
import { compile } from "../../program/compile.js";
import type { Program } from "../../program/program.js";
import type { CompiledPrograms, HeldProgram, Task, TaskResult } from "../engine-types.js";
import { requireServed } from "./require-served.js";
import type { TaskSurroundings } from "./task-surroundings.js";

type CompileTask = Extract<Task, { readonly kind: "compile" }>;

/**
 * Compiles what a client asks for, and stores the programs: by typical costs, so that a request becomes the same program on every
 * machine of a service.
 *
 * @throws InputError if they cannot be had here
 */
export async function compileTask(
  { model: { net, path }, request }: CompileTask,
  { limits: { mostDegree }, parent, loadModel }: TaskSurroundings,
  signal: AbortSignal,
): Promise<TaskResult> {
  const parameters = request.parameters && checkParameters(request.parameters);
  const input = request.input === undefined ? undefined : readOutputSpec(request.input);
  for (const given of [parameters, input && checkParameters(input.parameters)]) {
    if (given) requireServed(given, mostDegree);
  }
  const model = await loadModel(path);
  const { layers, packing, reencryptPositions = [] } = request;
  const started = performance.now();
  const options = { layers, packing, parameters, signal };
  const programs =
    reencryptPositions.length > 0 && !input
      ? await compileParts(model, { ...options, reencryptPositions })
      : [await compile(model, { ...options, reencryptPositions, input })];
  const evaluateMilliseconds = performance.now() - started;
  for (const program of programs) requireServed(program.parameters, mostDegree);
  if (input) programs.forEach(requireNumbers);
  const held: HeldProgram[] = [];
  for (const program of programs) held.push(await heldProgram(program, parent));
  const about: CompiledPrograms = { net, programs: held };
  return { sections: [], about, traces: [], evaluateMilliseconds };
}

/** A scale or error that nobody computed leads to others that are no numbers any more. */
function requireNumbers({ clientSpec: { output } }: Program): void {
  const { scale, predictedError = 0 } = output;
  if (scale > 0 && Number.isFinite(scale) && Number.isFinite(predictedError)) return;
  throw new InputError(
    `input: with its scale and predicted error, those of the output are ${scale} and ${predictedError}; take the whole ` +
      `clientSpec.output as compile gave it`,
  );
}

async function heldProgram(program: Program, parent: TaskSurroundings["parent"]): Promise<HeldProgram> {
  const { parameters, clientSpec, digest } = program;
  const { end, level, packing, shape, slotLayout } = inputTensors(clientSpec);
  const ciphertextBytes =
    end === "input" ? inputCiphertextBytes(parameters) : outputCiphertextBytes(parameters, level);
  return {
    digest,
    stored: await parent.keep(new TextEncoder().encode(JSON.stringify(program))),
    clientSpec,
    keyBytes: evaluationKeyBytes(parameters, clientSpec),
    inputBytes: ciphertextBytes * ciphertextCount({ packing, images: 1, shape, slotLayout }),
  };
}
