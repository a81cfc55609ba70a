import { InputError } from "../../../he-ml/errors.js";
import { formatSlots, type Complex } from "../../../he-ml/toy-ckks/index.js";
import type { Random } from "../exercise.js";
import { responses, shown } from "../responses.js";

/** @throws InputError unless it is a list of so many complex numbers, as `{ re, im }` */
export function complexValues(what: string, response: unknown, length: number): readonly Complex[] {
  const list = responses(what, response, length);
  const bad = list.findIndex((value) => !isComplex(value));
  if (bad < 0) return list as readonly Complex[];
  throw new InputError(
    `${what}: expected complex numbers as { re, im }, got ${shown(list[bad])} in slot ${bad}; give both as finite numbers`,
  );
}

function isComplex(value: unknown): value is Complex {
  const { re, im } = (value ?? {}) as Partial<Complex>;
  return Number.isFinite(re) && Number.isFinite(im);
}

/** Complex numbers with parts between ½ and 4 in size, so that no sign and no part can be overlooked. */
export const drawComplex = (random: Random, count: number): Complex[] =>
  Array.from({ length: count }, () => ({ re: part(random), im: part(random) }));

const part = (random: Random): number => (random() < 0.5 ? -1 : 1) * (0.5 + 3.5 * random());

export const conjugateOf = ({ re, im }: Complex): Complex => ({ re, im: -im });

/** |a − b|. */
export const distance = (a: Complex, b: Complex): number => Math.hypot(a.re - b.re, a.im - b.im);

/** Whether two lists agree, slot by slot. */
export const agree = (a: readonly Complex[], b: readonly Complex[], tolerance: number): boolean =>
  a.every((value, slot) => distance(value, b[slot]) <= tolerance);

/** One value as one writes it. */
export const complexText = (value: Complex): string => formatSlots([value]).slice(1, -1);
