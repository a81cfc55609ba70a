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

/**
 * Where the site's JupyterLite opens with a cell, ready to be run: in its REPL, as no other of its applications takes code from an
 * address. It is behind the #, so that it is not sent to the host.
 *
 * @see JupyterLite 0.8, packages/repl-extension: getShareableParams
 * @see https://jupyterlite.readthedocs.io/en/stable/quickstart/embed-repl.html
 */
export function jupyterLiteLink(code: string): string {
  const fields = new URLSearchParams({ kernel: kernel.name, toolbar: "1", execute: "0", code });
  return `../live/repl/index.html#${fields.toString()}`;
}
