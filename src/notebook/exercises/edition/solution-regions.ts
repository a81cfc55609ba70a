import { InputError } from "../../../he-ml/errors.js";

// nbgrader's own marks.
const beginning = /^(\s*)\/\/\/? ?BEGIN SOLUTION\s*$/;
const ending = /^\s*\/\/\/? ?END SOLUTION\s*$/;

export const hasSolution = (source: string) => source.split("\n").some((line) => beginning.test(line));

/**
 * A cell's source with another text in place of each region from `// BEGIN SOLUTION` to `// END SOLUTION`, marks included.
 * A region is the body of a function, or a part of it: then the cell still declares what it declared, with its types.
 *
 * @param where names the cell in messages
 * @throws InputError if marks do not match, or a region stands outside of any function
 * @example withoutSolutions(source, `throw new Error("Your turn");`, "a.ipynb, cell 3")
 */
export function withoutSolutions(source: string, stub: string, where: string): string {
  const kept: string[] = [];
  let inside = false;
  for (const line of source.split("\n")) {
    const begin = beginning.exec(line);
    if (begin) {
      if (inside)
        throw new InputError(`${where}: expected // END SOLUTION, got another BEGIN; close each region`);
      if (begin[1] === "") {
        throw new InputError(
          `${where}: expected // BEGIN SOLUTION within a function, indented, got it outside; ` +
            `let the answer be a function, so that the stub throws when it is called`,
        );
      }
      inside = true;
      kept.push(begin[1] + stub);
    } else if (ending.test(line)) {
      if (!inside)
        throw new InputError(`${where}: expected // BEGIN SOLUTION before its END; open the region`);
      inside = false;
    } else if (!inside) kept.push(line);
  }
  if (inside)
    throw new InputError(`${where}: expected // END SOLUTION, got the cell's end; close the region`);
  return kept.join("\n");
}
