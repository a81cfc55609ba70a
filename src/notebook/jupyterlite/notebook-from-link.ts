import { showErrorMessage } from "@jupyterlab/apputils";
import type { Contents, JupyterApp } from "@jupyterlite/services";
import { carriesCells, cellsOfLink, freeName, notebookOfCells } from "./linked-cells.js";

declare const heMlExtensionScript: string;

const pageOf = (name: string) => new URL(`../../../${name}/index.html`, heMlExtensionScript);

/** Makes a notebook of the cells that the page's address carries, and opens it in place of this page. It runs none of them. */
export const notebookFromLink = {
  id: "he-ml:notebook-from-link",
  autoStart: true,
  activate(app: JupyterApp): void {
    if (carriesCells(location.hash)) void openLink(app);
  },
};

async function openLink({ started, serviceManager }: JupyterApp): Promise<void> {
  let next = pageOf("tree");
  try {
    const notebook = notebookOfCells(cellsOfLink(location.hash));
    await serviceManager.ready;
    const path = await oneAtATime(() => writeNew(serviceManager.contents, notebook));
    next = pageOf("notebooks");
    next.searchParams.set("path", path);
  } catch (error) {
    await started;
    await showErrorMessage("The link opens no notebook", (error as Error).message);
  }
  location.replace(next);
}

/** @returns its path: no file had it before */
async function writeNew(contents: Contents, notebook: object): Promise<string> {
  const { content: files } = await contents.get("", { content: true });
  const path = freeName(new Set(files.map(({ name }) => name)));
  await contents.save(path, { type: "notebook", format: "json", content: notebook });
  return path;
}

/** Another tab may be looking for a name, too. Only where the page came by HTTPS, or from this machine, can they wait for each other. */
const oneAtATime = async <Result>(work: () => Promise<Result>): Promise<Result> =>
  isSecureContext ? await navigator.locks.request("he-ml-new-notebook", work) : await work();
