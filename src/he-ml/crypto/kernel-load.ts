import type { RnsRing } from "../kernels/rns-ring.js";
import type { Ciphertext, LevelAndScale } from "./ciphertext.js";
import { requireTakenIn } from "./preconditions.js";
import type { SealEvaluator } from "./seal-evaluator.js";

/** Of a ciphertext that another member took in. */
const noWords = new BigUint64Array(0);

/**
 * Takes in ciphertexts that stand at one level and scale: each member of a team checks some of them, and has the others' words from
 * those who did.
 *
 * @param made makes a ciphertext of its polynomials' residues
 * @returns undefined where there is no team
 * @throws InputError as `Evaluator.loadAll` does, and TeamFailedError where another member does
 */
export function loadInTeam(
  ring: RnsRing,
  seal: SealEvaluator,
  serialised: readonly Uint8Array[],
  at: LevelAndScale,
  made: (residues: () => number[][]) => Ciphertext,
): Ciphertext[] | undefined {
  const { team } = ring.exchange;
  if (!team || team.size === 1) return undefined;
  const own = serialised.map((bytes, i) => {
    if (i % team.size !== team.rank) return undefined;
    using checked = seal.load(bytes);
    requireTakenIn(at, checked);
    return seal.ciphertextWords(checked).polynomials;
  });
  const loaded: Ciphertext[] = [];
  try {
    own.forEach((polynomials, i) => {
      const residues = (k: number) => ring.fromWordsOf(i % team.size, polynomials?.[k] ?? noWords, at.level);
      loaded.push(made(() => [residues(0), residues(1)]));
    });
    return loaded;
  } catch (error) {
    for (const ciphertext of loaded) ciphertext[Symbol.dispose]();
    throw error;
  }
}
