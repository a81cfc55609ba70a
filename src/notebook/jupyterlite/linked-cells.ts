/** Cells that came with a link, in its fragment: anyone may have made it. */
import { InputError } from "../../he-ml/errors.js";
import { kernelMetadata } from "../tslab/kernel-metadata.js";

export interface LinkedCell {
  readonly type: "code" | "markdown";
  readonly source: string;
}

/** Behind it comes a list of cells as JSON, percent-encoded. */
const beginning = "#notebook=";

/** In letters; browsers hold more, but no page of ours makes longer ones. */
const longestFragment = 60_000;
const mostCells = 20;
/** In letters. */
const longestCell = 20_000;

/**
 * What cannot be seen, or makes text look like another: control and format characters, characters that are drawn as nothing, line ends
 * that editors do not show as such, halves of surrogate pairs.
 *
 * @see https://trojansource.codes/trojan-source.pdf Boucher, Anderson: Trojan Source: Invisible Vulnerabilities (2023)
 */
const unseen = /(?![\n\t])[\p{Cc}\p{Cf}\p{DI}\p{Zl}\p{Zp}\p{Cs}]/u;

/** What Markdown shows beside text, and might fetch from elsewhere as soon as it is shown: HTML, images, diagrams in fences. */
const moreThanText = /<|!\[|```|~~~/;

const refuse = (expected: string, got: string): never => {
  const shown = got.length > 40 ? `${got.slice(0, 40)}…` : got;
  throw new InputError(
    `link: expected ${expected}, got ${shown}; nothing was written: ask for the whole link again, or take the notebook as a file`,
  );
};

/** Whether an address's fragment claims to carry a notebook. */
export const carriesCells = (fragment: string): boolean => fragment.startsWith(beginning);

/**
 * The cells that a link carries.
 *
 * @param fragment of the link, from its # on
 * @throws InputError unless it is 1 to 20 cells, each of a type and a source of at most 20,000 letters that can be seen, and 60,000
 *   letters in all; in Markdown neither HTML nor images nor fenced blocks, so that nothing is fetched by showing it
 * @example cellsOfLink(`#notebook=${encodeURIComponent('[{"type":"code","source":"1 + 1"}]')}`)
 */
export function cellsOfLink(fragment: string): LinkedCell[] {
  if (fragment.length > longestFragment)
    refuse(`at most ${longestFragment} letters`, String(fragment.length));
  const cells = listOf(fragment.slice(beginning.length));
  if (cells.length < 1 || cells.length > mostCells) refuse(`1 to ${mostCells} cells`, String(cells.length));
  return cells.map(cellOf);
}

function listOf(text: string): readonly unknown[] {
  try {
    const list: unknown = JSON.parse(decodeURIComponent(text));
    if (Array.isArray(list)) return list;
  } catch {
    // Refused as what is no list
  }
  return refuse("a list of cells", JSON.stringify(text));
}

function cellOf(cell: unknown, i: number): LinkedCell {
  const what = `cell ${i + 1}:`;
  const fields = typeof cell === "object" && cell !== null ? cell : {};
  const { type, source, ...others } = fields as Record<string, unknown>;
  const [odd] = Object.keys(others);
  if (odd !== undefined) refuse(`${what} its type and source alone`, JSON.stringify(odd));
  if (type !== "code" && type !== "markdown")
    return refuse(`${what} code or markdown`, String(JSON.stringify(type)));
  if (typeof source !== "string") return refuse(`${what} its source as text`, typeof source);
  if (source.length > longestCell) refuse(`${what} at most ${longestCell} letters`, String(source.length));
  const hidden = unseen.exec(source)?.[0].codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0");
  if (hidden !== undefined) refuse(`${what} characters that can be seen`, `U+${hidden}`);
  const rich = type === "markdown" ? moreThanText.exec(source)?.[0] : undefined;
  if (rich !== undefined) refuse(`${what} Markdown without HTML, images and fences`, JSON.stringify(rich));
  return { type, source };
}

const notice: LinkedCell = {
  type: "markdown",
  source:
    "**What follows came with a link**, which anyone may have made: read it before you run it. Cells may ask other sites, and may " +
    "read and change the notebooks that this browser keeps for this site.",
};

/** A notebook in the form of nbformat 4.5, for our kernel: first where its cells came from, then they. */
export function notebookOfCells(cells: readonly LinkedCell[]): object {
  return {
    cells: [notice, ...cells].map(({ type, source }, i) => ({
      id: `cell-${i}`,
      cell_type: type,
      metadata: {},
      source,
      ...(type === "code" && { execution_count: null, outputs: [] }),
    })),
    metadata: { kernelspec: kernelMetadata },
    nbformat: 4,
    nbformat_minor: 5,
  };
}

/** A name for a notebook that no file has yet. */
export function freeName(taken: ReadonlySet<string>): string {
  for (let count = 1; ; count++) {
    const name = count === 1 ? "from-a-link.ipynb" : `from-a-link-${count}.ipynb`;
    if (!taken.has(name)) return name;
  }
}
