import { posix } from "node:path";
import { fragmentId } from "../notebook/html/slug.js";
import { course, furtherNotebooks, models, onlyToRead, texts } from "./course.js";

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
  ...models.map((name): [string, string] => [`models/${name}/card.md`, `lessons/models/${name}.html`]),
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
 * Where a link of a file leads in the site.
 *
 * @param link an address without a scheme, such as `GLOSSARY.md#scale`
 * @param from file of the checkout that holds the link, such as `notebooks/03-multiply.ipynb`
 * @returns undefined where the site has no page of that file
 * @example linkToPage("GLOSSARY.md#scale", "notebooks/03-multiply.ipynb") // "GLOSSARY.html#section-scale"
 */
export function linkToPage(link: string, from: string): string | undefined {
  const [path, fragment] = link.split("#");
  const page = pageAddresses.get(posix.join(posix.dirname(from), path));
  if (page === undefined) return undefined;
  const address = posix.relative(posix.dirname(pageAddresses.get(from) ?? from), page);
  return fragment === undefined ? address : `${address}#${fragmentId(fragment)}`;
}
