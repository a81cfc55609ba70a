/** A typical wrong way to a number: what it gives for a case, and what puts it right. */
export interface Mistake<Case> {
  gives(asked: Case): number;
  says(asked: Case): string;
}

/** The same formula, written and rounded another way, gives no more of a difference. */
const closeness = 0.02;

/**
 * Which mistake was made: one that explains all answers, else one that explains the answer to a case, where answers are of
 * any formula: the same number for all cases is none.
 *
 * @param at which case
 * @example likelyMistake([{ gives: (x) => x * 2, says: () => "not doubled, but squared" }], [3, 5], [6, 10], 0)
 */
export function likelyMistake<Case>(
  mistakes: readonly Mistake<Case>[],
  cases: readonly Case[],
  answers: readonly number[],
  at: number,
): Mistake<Case> | undefined {
  const explains = ({ gives }: Mistake<Case>, i: number) => isNear(answers[i], gives(cases[i]));
  const ofAll = mistakes.find((mistake) => cases.every((_, i) => explains(mistake, i)));
  if (ofAll || new Set(answers).size === 1) return ofAll;
  return mistakes.find((mistake) => explains(mistake, at));
}

const isNear = (a: number, b: number): boolean => Math.abs(a - b) <= closeness * Math.abs(b);
