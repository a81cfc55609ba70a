/** The JupyterLite extension: our kernel, and plotly's figures. */
import { IKernelClient, IKernelSpecs, type KernelClient, type KernelSpecs } from "@jupyterlite/services";
import { kernelMetadata } from "../tslab/kernel-metadata.js";
import { LiteKernel } from "./lite-kernel.js";
import { plotlyRenderer } from "./plotly-renderer.js";

/** This script's address; the extension's container says it before it runs. */
declare const heMlExtensionScript: string;

const places = {
  worker: new URL("kernel-worker.js", heMlExtensionScript).href,
  language: new URL("language-worker.js", heMlExtensionScript).href,
  library: new URL("../../../../lib/", heMlExtensionScript).href,
};

const kernel = {
  id: "he-ml:kernel",
  autoStart: true,
  requires: [IKernelSpecs, IKernelClient],
  activate(_app: unknown, specs: KernelSpecs, client: KernelClient): void {
    const running = new Map<string, LiteKernel>();
    specs.register({
      spec: { ...kernelMetadata, argv: [], env: {}, metadata: {}, interrupt_mode: "message", resources: {} },
      create: async (options) => {
        const made = new LiteKernel(options, places);
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

export default [kernel, plotlyRenderer];
