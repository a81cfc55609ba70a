/** Milliseconds that were measured where rotations share work. */
export interface RotationTimes {
  /** One rotation of a ciphertext that was not rotated before. */
  readonly rotate: number;
  /** Each further rotation of the same ciphertext. */
  readonly further: number;
  /** Each further giant step of one output, without its product. */
  readonly furtherGiant: number;
}

/**
 * The parts of a rotation that rotations share: what a further one of the same ciphertext is spared, and what a further one
 * of the same sum is spared. Neither is negative, nor are both together more than a rotation, whatever was measured.
 */
export function sharedParts({ rotate, further, furtherGiant }: RotationTimes): {
  readonly decompose: number;
  readonly modDown: number;
} {
  const decompose = within(rotate - further, rotate);
  return { decompose, modDown: within(rotate - furtherGiant, rotate - decompose) };
}

const within = (value: number, most: number) => Math.min(most, Math.max(0, value));
