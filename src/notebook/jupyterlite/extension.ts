/** The JupyterLite extension: our kernel, plotly's figures, notebooks that come with links, and all of it without a network. */
import {
  IKernelClient,
  IKernelSpecs,
  type JupyterApp,
  type KernelClient,
  type KernelSpecs,
} from "@jupyterlite/services";
import { kernelMetadata } from "../tslab/kernel-metadata.js";
import { LiteKernel, workerScript } from "./lite-kernel.js";
import { notebookFromLink } from "./notebook-from-link.js";
import { accessibleNames } from "./accessible-names.js";
import { keepForOffline, startLibraryCache } from "./offline.js";
import { outputStyle } from "./output-style.js";
import { plotlyRenderer, plotlyScript } from "./plotly-renderer.js";

/** This script's address; the extension's container says it before it runs. */
declare const heMlExtensionScript: string;

/** Files that notebooks read, by the notebooks' paths; the build puts them in. */
declare const heMlNotebookData: Readonly<Record<string, readonly string[]>>;

const library = new URL("../../../../lib/", heMlExtensionScript).href;

/** A page that is not given one in time does without. */
const longestWait = 5000;
const libraryCache: Promise<ServiceWorker | undefined> = Promise.race([
  startLibraryCache(library).catch(() => undefined),
  new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), longestWait)),
]);

const kernel = {
  id: "he-ml:kernel",
  autoStart: true,
  requires: [IKernelSpecs, IKernelClient],
  activate(_app: unknown, specs: KernelSpecs, client: KernelClient): void {
    const running = new Map<string, LiteKernel>();
    specs.register({
      spec: { ...kernelMetadata, argv: [], env: {}, metadata: {}, interrupt_mode: "message", resources: {} },
      create: async (options) => {
        const made = new LiteKernel(options, library, libraryCache);
        running.set(options.id, made);
        return made;
      },
    });
    // JupyterLite's own interrupt only takes back the cells that wait.
    const withdraw = client.interrupt.bind(client);
    client.interrupt = async (id) => {
      await withdraw(id);
      running.get(id)?.interrupt();
    };
  },
};

const offline = {
  id: "he-ml:offline",
  autoStart: true,
  activate(app: JupyterApp): void {
    const path = new URLSearchParams(location.search).get("path") ?? "";
    // Once the page is there, so that it need not share the line
    const scripts = [plotlyScript, workerScript(library, "kernel-worker")];
    void Promise.all([libraryCache, app.restored]).then(
      ([cache]) => cache && keepForOffline(cache, library, scripts, heMlNotebookData[path] ?? []),
    );
  },
};

export default [kernel, plotlyRenderer, outputStyle, accessibleNames, notebookFromLink, offline];
