/** How integers are cut into digits. */
export interface DigitSizes {
  /** Of a digit; digits lie from −2^(bits − 1) to 2^(bits − 1). */
  readonly bits: number;
  readonly count: number;
}

/**
 * The digits d of an integer = Σ d[j]·2^(bits·j), least first, each from −2^(bits − 1) to 2^(bits − 1).
 *
 * @example signedDigits(11, { bits: 2, count: 3 }) // [-1, -1, 1]
 */
export function signedDigits(integer: number, { bits, count }: DigitSizes): number[] {
  const base = 2 ** bits;
  let rest = integer;
  return Array.from({ length: count }, () => {
    let digit = rest % base;
    if (digit > base / 2) digit -= base;
    else if (digit < -base / 2) digit += base;
    rest = (rest - digit) / base;
    return digit;
  });
}
