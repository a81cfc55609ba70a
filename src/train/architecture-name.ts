import { inWords } from "../he-ml/arguments.js";
import { InputError } from "../he-ml/errors.js";

/** The networks that can be built and trained by name. */
export const architectureNames = [
  "lenet1",
  "lenet1-tanh",
  "lenet1-12x12",
  "mnist-small",
  "breast-cancer",
  "table",
] as const;

export type ArchitectureName = (typeof architectureNames)[number];

/** @throws InputError unless an architecture of this name is known. */
export function requireArchitectureName(name: string): ArchitectureName {
  const known = architectureNames.find((candidate) => candidate === name);
  if (known) return known;
  throw new InputError(`architecture: expected one of ${architectureNames.join(", ")}, got ${inWords(name)}`);
}
