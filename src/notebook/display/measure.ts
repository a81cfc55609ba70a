import { requireArgument } from "../../he-ml/arguments.js";
import { InputError } from "../../he-ml/errors.js";

/** How long something took, in milliseconds, over several runs. */
export interface Measured<T> {
  readonly fastest: number;
  readonly median: number;
  readonly slowest: number;
  /** What the fastest run gave. */
  readonly result: T;
}

/**
 * Runs something several times, one run after the other, and tells how long it took. One run says little: WebAssembly
 * is slow before it is warm, and other programs use the same cores.
 *
 * @param warmUps runs before these, which do not count
 * @throws InputError unless `runs` is a whole number of at least 1
 * @example const { median } = await measure(() => he.relinearize(he.square(x)), 5);
 */
export async function measure<T>(
  work: () => T | Promise<T>,
  runs: number,
  warmUps = 0,
): Promise<Measured<Awaited<T>>> {
  requireArgument("measure", typeof work === "function", "a function; write measure(() => work(), 5)", work);
  const isCount = Number.isInteger(warmUps) && warmUps >= 0;
  requireArgument("measure", isCount, "a whole number of runs to warm up", warmUps);
  if (!Number.isInteger(runs) || runs < 1) {
    throw new InputError(
      `measure: expected a whole number of runs of at least 1, got ${runs}; write measure(work, 5)`,
    );
  }
  for (let i = 0; i < warmUps; i++) await work();
  const timed: { readonly milliseconds: number; readonly result: Awaited<T> }[] = [];
  for (let i = 0; i < runs; i++) {
    const start = performance.now();
    const result = await work();
    timed.push({ milliseconds: performance.now() - start, result });
  }
  timed.sort((a, b) => a.milliseconds - b.milliseconds);
  return {
    fastest: timed[0].milliseconds,
    median: timed[Math.floor(runs / 2)].milliseconds,
    slowest: timed[runs - 1].milliseconds,
    result: timed[0].result,
  };
}
