/** The worker in which cells run: TypeScript in, Jupyter's outputs out. */
import { cellConsole } from "../browser/cell-console.js";
import { CellRunner } from "../browser/cell-runner.js";
import { filesOf } from "../browser/files.js";
import type { CellError, CellOutput, KernelEvent, KernelRequest } from "../browser/kernel-messages.js";
import { beginStacksWithMessages } from "../browser/error-stacks.js";
import { printLongArraysSoon } from "../browser/long-arrays.js";
import { modulePlace, type KernelModule } from "../browser/modules.js";
import { Streams } from "../browser/streams.js";
import { tslabModule, type Show } from "../browser/tslab-module.js";
import { pageWorkerClass } from "./page-worker.js";
import type * as NotebookLibrary from "../display/browser/index.js";

/** The number of the cell that runs, or was the last to. */
let count = 0;

const post = self.postMessage.bind(self);
/** @throws DataCloneError if a cell shows what cannot be sent, as a function */
const send = (event: KernelEvent) => post(event);
const streams = new Streams((name, text) => put({ type: "stream", name, text }));

function put(output: CellOutput, of = count): void {
  if (output.type !== "stream") streams.flush();
  send({ type: "output", count: of, output });
}

/** Shows something in the cell that runs. */
const showNow: Show = (shown, isUpdate) =>
  put({ type: isUpdate ? "update_display_data" : "display_data", ...shown });

/** What runs cells, and sends what they show under their numbers. */
interface Kernel {
  readonly runner: CellRunner;
  readonly useDisplay: typeof NotebookLibrary.useDisplay;
}

async function start({ library, folder }: Extract<KernelRequest, { type: "start" }>): Promise<Kernel> {
  const libraryModule = (file: string) => import(new URL(file, library).href) as Promise<object>;
  const files = filesOf(library, folder);
  const own: Readonly<Record<KernelModule, () => Promise<object>>> = {
    "node:assert": async () => (await import("./node-assert.js")).asModule,
    "node:path": async () => (await import("./node-path.js")).asModule,
    "node:fs/promises": async () => ({ readFile: files.readFile, default: { readFile: files.readFile } }),
    tslab: async () => tslabModule(showNow),
  };
  Object.assign(globalThis, {
    Worker: pageWorkerClass((request) => post(request satisfies KernelEvent, { transfer: [request.port] })),
    require: { resolve: files.resolve },
    close: refusal("close", "a cell cannot end its kernel; choose Restart Kernel"),
    postMessage: refusal("postMessage", "a cell shows what it has by console.log or show"),
  });
  const notebook = (await libraryModule("notebook.js")) as typeof NotebookLibrary;
  const runner = new CellRunner({
    load: async (specifier) => {
      const place = modulePlace(specifier);
      return "kernel" in place ? own[place.kernel]() : libraryModule(place.library);
    },
    result: notebook.resultBundle,
  });
  return { runner, useDisplay: notebook.useDisplay };
}

let kernel: Promise<Kernel>;

self.addEventListener("message", async ({ data }: MessageEvent<KernelRequest>) => {
  if (data.type === "start") {
    kernel = start(data);
    return kernel.then(
      () => send({ type: "ready" }),
      (error: unknown) => send({ type: "failed", message: String(error) }),
    );
  }
  const failure = await run(await kernel, data);
  send({ type: "done", count: data.count, ...(failure && { failure }) });
});

/** @returns why the cell did not come to its end */
async function run(
  { runner, useDisplay }: Kernel,
  { count: own, code }: Extract<KernelRequest, { type: "execute" }>,
): Promise<CellError | undefined> {
  try {
    streams.restart();
    count = own;
    useDisplay((message) => put({ type: "display_data", ...message }, own));
    const outcome = await runner.run(own, code);
    streams.flush();
    if (outcome?.type === "error") return outcome;
    if (outcome) put(outcome);
    return undefined;
  } catch (error) {
    return runner.failure(error);
  }
}

/** In the place of a worker's function that would cut the kernel off from its page. */
function refusal(name: string, advice: string): () => never {
  return () => {
    throw new Error(`${name}: ${advice}`);
  };
}

beginStacksWithMessages();
printLongArraysSoon();
Object.assign(
  console,
  cellConsole((name, text) => streams.write(name, text)),
);

/** What a cell left behind fails after it. */
const leftBehind = async (error: unknown) => put((await kernel).runner.failure(error));

self.addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  void leftBehind(event.reason);
});
self.addEventListener("error", (event) => {
  event.preventDefault();
  void leftBehind(event.error ?? event.message);
});
