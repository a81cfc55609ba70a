import { InputError } from "../errors.js";

/** A layer of a model file that cannot be computed on encrypted values. */
export interface UnsupportedLayer {
  /** Its place among the model's layers, counted from 0. */
  readonly position: number;
  readonly name: string;
  /** What the file calls this kind of layer: `Relu`, `MaxPool`. */
  readonly op: string;
  /** What to put in its place. */
  readonly remedy: string;
}

/** A model file holds layers without an encrypted form; all of them are named, each with what to put in its place. */
export class UnsupportedLayersError extends InputError {
  override readonly name = "UnsupportedLayersError";

  constructor(
    readonly modelName: string,
    readonly layers: readonly UnsupportedLayer[],
  ) {
    const count = layers.length === 1 ? "1 layer" : `${layers.length} layers`;
    const each = layers.map(
      ({ position, name, op, remedy }) => `layer ${position} ${JSON.stringify(name)} (${op}): ${remedy}`,
    );
    super(`model "${modelName}" has ${count} that cannot be encrypted: ${each.join("; ")}`);
  }
}
