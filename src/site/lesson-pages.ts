import { readFile, readdir } from "node:fs/promises";
import { posix } from "node:path";
import type { ScriptBeside } from "../viz/draw-plots.js";
import { escapeHtml } from "../viz/html.js";
import { renderNotebook } from "../notebook/html/index.js";
import { hasSolution, withoutSolutions } from "../notebook/exercises/edition/solution-regions.js";
import { readNotebook, type Cell, type Notebook } from "../notebook/runner/notebook-file.js";
import { course } from "./course.js";
import { linkToPage, liveAddress, pageAddresses } from "./page-addresses.js";

/** What the site has beside its pages. */
export interface SiteParts {
  /** Whether there are notebooks to run. */
  readonly live: boolean;
  /** Where it is in the site. */
  readonly plotly: ScriptBeside;
}

/**
 * The page of a notebook or a Markdown file.
 *
 * @param path in the checkout, one of those in `pageAddresses`
 */
export async function lessonPage(path: string, { live, plotly }: SiteParts): Promise<string> {
  return renderNotebook(await lessonToRead(path), {
    bar: bar(path, live),
    leadLink: (address) => linkToPage(address, path),
    pictures: path.endsWith(".md") ? await picturesBeside(path) : undefined,
    plotly: {
      ...plotly,
      address: posix.relative(posix.dirname(pageAddresses.get(path) ?? ""), plotly.address),
    },
  });
}

/**
 * A notebook, or a Markdown file as one, as it is shown. Authors' notebooks are shown with what their cells printed, but what
 * solves an exercise is left out together with what that cell printed.
 */
export async function lessonToRead(path: string): Promise<Notebook> {
  if (path.endsWith(".md")) return textAsNotebook(await readFile(path, "utf8"));
  const notebook = await readNotebook(path);
  return { ...notebook, cells: notebook.cells.map((cell) => readOnlyCell(cell, path)) };
}

/** Pictures in the folder of a file, by their names. */
async function picturesBeside(path: string): Promise<Map<string, string>> {
  const folder = posix.dirname(path);
  const names = (await readdir(folder)).filter((name) => name.endsWith(".png"));
  return new Map(
    await Promise.all(
      names.map(async (name): Promise<[string, string]> => {
        const bytes = await readFile(posix.join(folder, name), "base64");
        return [name, `data:image/png;base64,${bytes}`];
      }),
    ),
  );
}

function textAsNotebook(source: string): Notebook {
  const cell: Cell = { id: "text", cell_type: "markdown", metadata: {}, source };
  return { nbformat: 4, nbformat_minor: 5, metadata: {}, cells: [cell] };
}

function readOnlyCell(cell: Cell, path: string): Cell {
  if (cell.cell_type !== "code" || !hasSolution(cell.source)) return cell;
  const source = withoutSolutions(cell.source, "// Yours to write.", `${path}: cell ${cell.id}`);
  return { ...cell, source, outputs: [] };
}

/** Links above a page: the front page, the lesson before and after, the exercises without outputs, the glossary. */
function bar(path: string, live: boolean): string {
  const from = posix.dirname(pageAddresses.get(path) ?? "");
  const link = (target: string, text: string) =>
    `<a href="${escapeHtml(posix.relative(from, target))}">${escapeHtml(text)}</a>`;
  const links = [link("index.html", "HE-ML")];
  const running = live ? liveAddress(path) : undefined;
  if (running !== undefined) links.push(link(running, "Run it live"));
  const page = (source: string, text: string) => {
    const address = pageAddresses.get(source);
    if (address !== undefined && source !== path) links.push(link(address, text));
  };
  const name = posix.basename(path, ".ipynb");
  const place = course.findIndex((known) => known === name);
  if (place > 0) page(beside(path, course[place - 1]), "Previous");
  if (place >= 0 && place + 1 < course.length) page(beside(path, course[place + 1]), "Next");
  page(`notebooks/exercises/${name}.ipynb`, "To fill in");
  if (path.startsWith("notebooks/exercises/")) page(`notebooks/${name}.ipynb`, "With outputs");
  page("notebooks/GLOSSARY.md", "Glossary");
  return `<div role="navigation" aria-label="Course" class="bar">${links.join("\n")}</div>`;
}

function beside(path: string, name: string): string {
  return posix.join(posix.dirname(path), `${name}.ipynb`);
}
