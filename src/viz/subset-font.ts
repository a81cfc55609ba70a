import { createRequire } from "node:module";

/** A font with the glyphs of some letters alone: https://github.com/papandreou/subset-font, which comes without types. */
export const subsetFont = (
  font: Buffer,
  letters: string,
  options: { readonly targetFormat: "woff2" },
): Promise<Buffer> => {
  const subset = createRequire(import.meta.url)("subset-font") as typeof subsetFont;
  return subset(font, letters, options);
};
