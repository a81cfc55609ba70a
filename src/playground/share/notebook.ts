const kernel = { name: "he-ml", display_name: "TypeScript (HE-ML)", language: "typescript" };

interface Cell {
  readonly type: "code" | "markdown";
  readonly source: string;
}

/**
 * The cells of a notebook that does what a page shows.
 *
 * @param link of the page
 */
export const cellsOf = (title: string, link: string, code: string): readonly Cell[] => [
  { type: "markdown", source: `# ${title}\n\nTaken from the playground: [the same there](${link}).\n` },
  { type: "code", source: code.trimEnd() },
];

/** A notebook in the form of Jupyter's nbformat 4.5, for the kernel that the course's notebooks name. */
export function notebookOf(cells: readonly Cell[]): string {
  return `${JSON.stringify(
    {
      cells: cells.map(({ type, source }, i) => ({
        id: `cell-${i}`,
        cell_type: type,
        metadata: {},
        source: source.split(/(?<=\n)/),
        ...(type === "code" && { execution_count: null, outputs: [] }),
      })),
      metadata: {
        kernelspec: kernel,
        language_info: { name: "typescript", file_extension: ".ts", mimetype: "text/typescript" },
      },
      nbformat: 4,
      nbformat_minor: 5,
    },
    null,
    1,
  )}\n`;
}

/**
 * A link that opens cells as a new notebook, which `src/notebook/jupyterlite/linked-cells.ts` reads.
 *
 * @param page address of the page that does
 */
export const notebookLink = (page: string, cells: readonly Cell[]): string =>
  `${page}#notebook=${encodeURIComponent(JSON.stringify(cells))}`;
