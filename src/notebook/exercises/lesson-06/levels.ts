/**
 * Levels that a polynomial of a ciphertext takes: the depth of its products, one more where the coefficients need a product of
 * their own. A quadratic's factor goes into the scale.
 */
export function levelsOfDegree(degree: number): number {
  if (degree <= 2) return 1;
  return Math.ceil(Math.log2(degree + 1));
}
