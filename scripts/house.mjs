import { createRequire } from "node:module";

const { drawing, arrows } = createRequire(import.meta.url)("../house.cjs");

/** A text of the README or of CONTRIBUTING.md with what the list in house.cjs says in place of what stands there. */
export const readmeOf = (text) =>
  text.replace(/(## The house\n\n```\n)[^`]*(\n```)/, (_, before, after) => before + drawing() + after);
export const contributingOf = (text) =>
  text.replace(
    /(## Arrows\n\n[^|]*)\|[^]*?\|\n(\n|$)/,
    (_, before, after) => `${before}${arrows()}\n${after}`,
  );
