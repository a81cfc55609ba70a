const kernel = { name: "he-ml", display_name: "TypeScript (HE-ML)", language: "typescript" };

/** A notebook of two cells, in the form of Jupyter's nbformat 4.5, for the kernel that the course's notebooks name. */
export function notebookOf(title: string, link: string, code: string): string {
  const cell = (id: string, source: string) => ({ id, metadata: {}, source: source.split(/(?<=\n)/) });
  return `${JSON.stringify(
    {
      cells: [
        {
          cell_type: "markdown",
          ...cell("from", `# ${title}\n\nTaken from the playground: [the same there](${link}).\n`),
        },
        { cell_type: "code", ...cell("code", code.trimEnd()), execution_count: null, outputs: [] },
      ],
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
