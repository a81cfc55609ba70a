import { InputError } from "../../src/he-ml/errors.js";

/** What is given in place of an argument that is right. */
export const usualWrongs = [undefined, null, 5, -1, NaN, "x", true, {}, [], [null], [{}], [5], () => 1];

export type Call = (...args: readonly never[]) => unknown;

/** What comes of a call that is no answer and no InputError of one line: what it is. */
export async function unclear(
  call: Call,
  args: readonly unknown[],
  use: (result: unknown) => unknown = () => undefined,
): Promise<string | undefined> {
  try {
    await use(await call(...(args as never[])));
    return undefined;
  } catch (error) {
    const isClear =
      error instanceof InputError && !error.message.includes("\n") && /\S: \S/.test(error.message);
    return isClear ? undefined : String(error);
  }
}

/** Calls with nothing, and with each argument in turn replaced by each of the wrong values; returns what is unclear. */
export async function unclearCalls(
  call: Call,
  right: readonly unknown[],
  wrongs: readonly unknown[],
  use?: (result: unknown) => unknown,
): Promise<Record<string, string>> {
  const tried: [string, readonly unknown[]][] = [["nothing", []]];
  right.forEach((_, position) => {
    for (const wrong of wrongs) tried.push([`${position}: ${String(wrong)}`, right.with(position, wrong)]);
  });
  const found: Record<string, string> = {};
  for (const [what, args] of tried) {
    const problem = await unclear(call, args, use);
    if (problem !== undefined) found[what] = problem;
  }
  return found;
}
