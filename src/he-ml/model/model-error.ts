import { InputError } from "../errors.js";

/** An {@link InputError} whose message says which model, or which file of it, cannot be used. */
export class ModelError extends InputError {}

/** What to throw for an error of work on a model: an {@link InputError} gets the model's name, unless it says it itself. */
export function naming(modelName: string, error: unknown): unknown {
  if (!(error instanceof InputError) || error instanceof ModelError) return error;
  return new ModelError(`model "${modelName}": ${error.message}`, { cause: error });
}
