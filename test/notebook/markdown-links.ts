import { access, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { slug } from "../../src/notebook/html/slug.js";

/** The texts of a page's headings. */
export const headingsOf = (markdown: string): readonly string[] =>
  Array.from(markdown.replace(/^```[^]*?^```/gm, "").matchAll(/^#{1,6} (.+)$/gm), ([, text]) => text);

/**
 * Follows the links of a page to files, and those that name a place in a page, to its heading.
 *
 * @param path where the text stands: links start from its folder
 * @throws where a file or a heading is not there
 */
export async function followLinks(text: string, path: string): Promise<void> {
  for (const [link, file, place] of text.matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/g)) {
    const target = file === "" ? path : join(dirname(path), file);
    await access(target);
    if (place === undefined || !target.endsWith(".md")) continue;
    const anchors = headingsOf(await readFile(target, "utf8")).map(slug);
    if (!anchors.includes(place)) throw new Error(`${path}: ${link} leads to no heading of ${target}`);
  }
}
