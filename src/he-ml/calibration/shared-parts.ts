/** Milliseconds that were measured where rotations share work. */
export interface RotationTimes {
  /** One rotation of a ciphertext that was not rotated before. */
  readonly rotate: number;
  /** Each further rotation of the same ciphertext. */
  readonly further: number;
  /** Each further giant step of one output, without its product. */
  readonly furtherGiant: number;
}

/** The parts of a rotation that rotations share: among those of one ciphertext, and among those of one sum. */
export interface SharedParts {
  readonly decompose: number;
  readonly modDown: number;
}

/** A share this many times larger or smaller than usual comes of a busy moment, not of a machine. */
const mostUnusual = 1.5;

/**
 * What a further rotation of the same ciphertext is spared, and what a further one of the same sum is spared. Each is a
 * difference of two measurements, which one busy moment spoils: where its share of a rotation is far from the usual one,
 * that is taken.
 *
 * @param usual of a typical machine, beside a whole rotation there
 */
export function sharedParts(
  { rotate, further, furtherGiant }: RotationTimes,
  usual: SharedParts & Pick<RotationTimes, "rotate">,
): SharedParts {
  const part = (spared: number, usualPart: number) => {
    const usualShare = usualPart / usual.rotate;
    const ratio = spared / rotate / usualShare;
    return ratio >= 1 / mostUnusual && ratio <= mostUnusual ? spared : usualShare * rotate;
  };
  const decompose = part(rotate - further, usual.decompose);
  return { decompose, modDown: Math.min(part(rotate - furtherGiant, usual.modDown), rotate - decompose) };
}
