import { posix } from "node:path";
import { anchorId } from "../notebook/html/slug.js";
import { course, furtherNotebooks, onlyToRead, texts } from "./course.js";

/** Where each page of the site stands (a path in the site), by the file of the checkout that it is made of. */
export const pageAddresses: ReadonlyMap<string, string> = new Map([
  ...[...course, ...furtherNotebooks].map((name): [string, string] => [
    `notebooks/${name}.ipynb`,
    `lessons/${name}.html`,
  ]),
  ...course
    .filter((name) => /^\d\d-/.test(name))
    .map((name): [string, string] => [`notebooks/exercises/${name}.ipynb`, `lessons/exercises/${name}.html`]),
  ...texts.map((path): [string, string] => [path, `lessons/${textName(path)}.html`]),
]);

/** Of the page that opens one notebook of JupyterLite's, as a path in the site. */
export const liveNotebooks = "live/notebooks/index.html";

/**
 * Where a notebook is open to be run, as a path in the site.
 *
 * @param path of the notebook in the checkout
 * @returns undefined for what is only to be read
 */
export function liveAddress(path: string): string | undefined {
  if (!path.endsWith(".ipynb") || !pageAddresses.has(path) || onlyToRead.includes(path)) return undefined;
  return `${liveNotebooks}?path=${path}`;
}

function textName(path: string): string {
  return path === "src/he-ml/GLOSSARY.md" ? "LIBRARY-GLOSSARY" : posix.basename(path, ".md");
}

/**
 * Leads the links of a Markdown text to pages of the site. Where the site has no page of a file, the link's text is
 * left without a link; links with a scheme and those within the page stay.
 *
 * @param from file of the checkout that holds the text, such as `notebooks/03-multiply.ipynb`
 * @example linksToPages("[scale](GLOSSARY.md#scale)", "notebooks/03-multiply.ipynb") // "[scale](GLOSSARY.html#section-scale)"
 */
export function linksToPages(markdown: string, from: string): string {
  return markdown.replaceAll(/(?<!!)\[((?:[^[\]]|\[[^[\]]*\])*)\]\(([^()\s]+)\)/g, (link, text, target) => {
    if (/^([a-z][a-z+.-]*:|#)/i.test(target)) return link;
    const [path, fragment] = target.split("#");
    const page = pageAddresses.get(posix.join(posix.dirname(from), path));
    if (page === undefined) return text;
    const address = posix.relative(posix.dirname(pageAddresses.get(from) ?? from), page);
    return `[${text}](${address}${fragment === undefined ? "" : `#${anchorId(fragment)}`})`;
  });
}
