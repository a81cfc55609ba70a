/** The worker in which cells run: TypeScript in, Jupyter's outputs out. */
import { cellConsole } from "../browser/cell-console.js";
import { CellRunner } from "../browser/cell-runner.js";
import { filesOf } from "../browser/files.js";
import type { CellOutput, Displayed, KernelEvent, KernelRequest } from "../browser/kernel-messages.js";
import { modulePlace, type NodeModule } from "../browser/modules.js";
import { Streams } from "../browser/streams.js";
import type { MimeBundle } from "../display/mime.js";

/** What the kernel asks of `he-ml/notebook`. */
interface NotebookLibrary {
  useDisplay(write: (message: Displayed) => void): void;
  resultBundle(value: unknown): Promise<MimeBundle | undefined>;
}

/** The number of the cell that runs, or was the last to. */
let count = 0;

const send = (event: KernelEvent) => self.postMessage(event);
const streams = new Streams((name, text) => put({ type: "stream", name, text }));

function put(output: CellOutput): void {
  if (output.type !== "stream") streams.flush();
  send({ type: "output", count, output });
}

async function start({ library, folder }: Extract<KernelRequest, { type: "start" }>): Promise<CellRunner> {
  const libraryModule = (file: string) => import(new URL(file, library).href) as Promise<object>;
  const files = filesOf(library, folder);
  const node: Readonly<Record<NodeModule, () => Promise<object>>> = {
    "node:assert": async () => (await import("./node-assert.js")).asModule,
    "node:path": async () => (await import("./node-path.js")).asModule,
    "node:fs/promises": async () => ({ readFile: files.readFile }),
  };
  Object.assign(globalThis, { require: { resolve: files.resolve } });
  const notebook = (await libraryModule("notebook.js")) as NotebookLibrary;
  notebook.useDisplay((message) => put({ type: "display_data", ...message }));
  return new CellRunner({
    load: async (specifier) => {
      const place = modulePlace(specifier);
      return "node" in place ? node[place.node]() : libraryModule(place.library);
    },
    result: notebook.resultBundle,
  });
}

let runner: Promise<CellRunner>;

self.onmessage = async ({ data }: MessageEvent<KernelRequest>) => {
  if (data.type === "start") {
    runner = start(data);
    await runner.then(
      () => send({ type: "ready" }),
      (error: unknown) => send({ type: "failed", message: String(error) }),
    );
    return;
  }
  count = data.count;
  streams.restart();
  const outcome = await (await runner).run(data.count, data.code);
  streams.flush();
  if (outcome?.type === "error") return send({ type: "done", count, failure: outcome });
  if (outcome) put(outcome);
  send({ type: "done", count });
};

Object.assign(console, cellConsole((name, text) => streams.write(name, text)));

/** What a cell left behind fails after it. */
self.addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  void runner.then((each) => put(each.failure(event.reason)));
});
self.addEventListener("error", (event) => {
  event.preventDefault();
  void runner.then((each) => put(each.failure(event.error ?? event.message)));
});
