import type { Residues, RnsRing } from "./rns-ring.js";

// On polynomials of ciphertexts, transformed. What is returned is the caller's to give back.

/** (a0 + a1·s)(b0 + b1·s), by powers of s. */
export function tensorProduct(
  ring: RnsRing,
  [a0, a1]: readonly Residues[],
  [b0, b1]: readonly Residues[],
): Residues[] {
  return ring.memory.attempt(() => {
    const product = [0, 1, 2].map(() => ring.take(a0.length));
    const [f0, f1] = ring.memory.takeMany(2);
    a0.forEach((_, i) => {
      const modulo = ring.rings[i];
      modulo.toFactor(f0, b0[i]);
      modulo.toFactor(f1, b1[i]);
      modulo.sumOfProducts(product[0][i], [a0[i]], [f0]);
      modulo.sumOfProducts(product[1][i], [a0[i], a1[i]], [f1, f0]);
      modulo.sumOfProducts(product[2][i], [a1[i]], [f1]);
    });
    ring.memory.give([f0, f1]);
    return product;
  });
}

/**
 * Σ aₖ·factorₖ of ciphertexts of two polynomials, in one pass over memory.
 *
 * @param factors of plaintexts, as what others are multiplied by
 */
export function sumOfProducts(
  ring: RnsRing,
  as: readonly (readonly Residues[])[],
  factors: readonly Residues[],
): [number[], number[]] {
  return ring.memory.attempt(() => {
    const level = factors[0].length;
    const sum: [number[], number[]] = [ring.take(level), ring.take(level)];
    for (let i = 0; i < level; i++) {
      ring.rings[i].sumOfProductPairs(
        [sum[0][i], sum[1][i]],
        factors.map((factor) => factor[i]),
        as.map(([first]) => first[i]),
        as.map(([, second]) => second[i]),
      );
    }
    return sum;
  });
}

/** Whether nothing is left of a polynomial. */
export function isZero(ring: RnsRing, residues: Residues): boolean {
  // Words and doubles of zero look alike.
  return ring.exchange.everywhere(
    ring.held(residues).every((residue) => ring.memory.doublesAt(residue).every((value) => value === 0)),
  );
}
