/** A float16's value from its bits. */
export function halfToDouble(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

/** A bfloat16's value from its bits: the upper half of a float32. */
export function bfloat16ToDouble(bits: number): number {
  return new Float32Array(Uint32Array.of(bits << 16).buffer)[0];
}
