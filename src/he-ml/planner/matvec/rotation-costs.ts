/**
 * Milliseconds of the parts of a rotation. It decomposes a polynomial into digits, takes their inner product with a key, and
 * divides the result by the special prime. Rotations of one ciphertext may share the first part, rotations that are summed
 * the last one; where an evaluator shares nothing, all of a rotation is in the part in between.
 */
export interface RotationCosts {
  readonly decompose: number;
  readonly innerProduct: number;
  readonly modDown: number;
}

/** How many rotations there are, and how many of their shared parts. */
export interface RotationCounts {
  readonly rotations: number;
  readonly decompositions: number;
  readonly modDowns: number;
}

/** As if nothing were shared: to minimise costs is then to minimise rotations. */
export const equalRotations: RotationCosts = { decompose: 0, innerProduct: 1, modDown: 0 };

export function rotationMilliseconds(
  { decompose, innerProduct, modDown }: RotationCosts,
  { rotations, decompositions, modDowns }: RotationCounts,
): number {
  return rotations * innerProduct + decompositions * decompose + modDowns * modDown;
}

/**
 * Rotations by so many baby steps of one input, and by so many giant steps of one output: the baby steps share their
 * decomposition, the giant steps their division.
 */
export function babyGiantCounts(babies: number, giants: number): RotationCounts {
  return {
    rotations: babies + giants,
    decompositions: Math.min(1, babies) + giants,
    modDowns: babies + Math.min(1, giants),
  };
}

/** How many baby steps are worth as much as one giant step. */
export function babiesPerGiant({ decompose, innerProduct, modDown }: RotationCosts): number {
  return (decompose + innerProduct) / (innerProduct + modDown);
}

export const rotationsTogether = (a: RotationCounts, b: RotationCounts): RotationCounts => ({
  rotations: a.rotations + b.rotations,
  decompositions: a.decompositions + b.decompositions,
  modDowns: a.modDowns + b.modDowns,
});
