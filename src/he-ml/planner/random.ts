/**
 * Numbers between 0 and 1 (both excluded) that look random, the same for the same seed: a plan must not depend on chance.
 * Lehmer's generator with modulus 2^31 − 1.
 *
 * @param seed from 1 to 2^31 − 2
 */
export function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
