import * as z from "zod";
import { describeBytes } from "../../crypto/byte-format.js";
import type { EvaluationKeys } from "../../crypto/evaluation-keys.js";
import { keysFromBytes } from "../../crypto/key-bytes.js";
import { checkParameters } from "../../crypto/parameters.js";
import { rotationNeedSchema } from "../../crypto/rotation-keys.js";
import { checkSchemeParameters, type SchemeParameters } from "../../crypto/scheme-parameters.js";
import { digestSchema } from "../../crypto/tensor-bytes.js";
import type { Task, TaskResult } from "../engine-types.js";
import { unpackSections } from "../sections.js";
import { computeLayers } from "./compute-layers.js";
import { requireServed } from "./require-served.js";
import type { TaskSurroundings } from "./task-surroundings.js";

type LayersTask = Extract<Task, { readonly kind: "layers" }>;

/** Computes what the original asks for. @throws InputError as `computeLayers` does, and if the session's keys are no longer kept */
export async function layersTask(
  { model: { path }, request }: LayersTask,
  input: Uint8Array,
  { limits: { mostDegree }, parent, loadModel }: TaskSurroundings,
): Promise<TaskResult> {
  requireServed(checkSchemeParameters(request.parameters as SchemeParameters), mostDegree);
  const { sections } = unpackSections(input);
  const { session } = request;
  const keys = session === undefined ? undefined : keysOf(await parent.fetch("keys", session));
  return computeLayers({ model: await loadModel(path), request }, sections, keys);
}

const keysHeaderSchema = z.object({
  program: digestSchema,
  parameters: z.unknown(),
  relinearization: z.boolean(),
  rotations: z.array(rotationNeedSchema),
});

/** Keys were held against their program when the session was opened; here they need only be what they say of themselves. */
function keysOf(bytes: Uint8Array): EvaluationKeys {
  const { program, parameters, ...needs } = keysHeaderSchema.parse(describeBytes(bytes)?.header);
  return keysFromBytes(bytes, checkParameters(parameters), program, needs).keys;
}
