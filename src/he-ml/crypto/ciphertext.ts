/** Where encoded values stand: how many data primes are left, and by what factor they are multiplied. */
export interface LevelAndScale {
  /** Data primes left, at least 1. */
  readonly level: number;
  /** The factor by which values are multiplied before they are rounded to integers. */
  readonly scale: number;
}

/** Encoded, unencrypted values. Owns memory of its evaluator: dispose of it, or hold it with `using`. */
export interface Plaintext extends LevelAndScale, Disposable {
  /** Whether every value rounds to zero; SEAL refuses to multiply by such a plaintext. */
  readonly isZero: boolean;
}

/** Encrypted values. Owns memory of its evaluator: dispose of it, or hold it with `using`. */
export interface Ciphertext extends LevelAndScale, Disposable {
  /** Polynomials in it: 2, or 3 between a multiplication and its relinearization. */
  readonly size: number;
}

/** Works on something just made and gives it back, or frees it if the work throws. */
export function finished<T extends Disposable>(made: T, work: (made: T) => void): T {
  try {
    work(made);
    return made;
  } catch (error) {
    made[Symbol.dispose]();
    throw error;
  }
}
