/**
 * Loaded into the tslab kernel before tslab itself (`node -r preload.cjs …/tslab kernel …`). It mends what Jupyter
 * clients and our notebooks need of tslab 1.0.22, while the parts of tslab are being loaded.
 */
import Module = require("node:module");
import threads = require("node:worker_threads");
import conversion = require("./preload/conversion.cjs");
import execution = require("./preload/execution.cjs");
import fence = require("./preload/fence.cjs");
import library = require("./preload/library.cjs");
import parent = require("./preload/parent.cjs");
import replies = require("./preload/replies.cjs");
import sockets = require("./preload/sockets.cjs");
import typescript = require("./preload/typescript.cjs");
import type { ConverterModule, Executor, Jupyter, TypeScript } from "./preload/tslab.cjs";

/** By the names under which tslab's own files ask for each other; each returns what they get. */
const mends: Record<string, (part: unknown) => unknown> = {
  "./jupyter": (part) => {
    const jupyter = part as Jupyter;
    sockets.mendSockets(jupyter);
    replies.mendReplies(jupyter, typescript.version);
    execution.mendExecution(jupyter);
    return jupyter;
  },
  "./converter": (part) => conversion.mendConverter(part as ConverterModule, typescript.current),
  "./executor": (part) => execution.mendExecutor(part as Executor),
  "@tslab/typescript-for-tslab": (part) => typescript.withOptions(part as TypeScript),
};

type Load = (
  this: unknown,
  id: string,
  importer: { filename?: string } | undefined,
  ...rest: unknown[]
) => unknown;
const loader = Module as unknown as { _load: Load };
const load = loader._load;
const mended = new Map<unknown, unknown>();

function mendTslab(): void {
  loader._load = function (id, importer, ...rest) {
    const part = load.call(this, id, importer, ...rest);
    const mend = /[\\/]tslab[\\/]dist[\\/]/.test(importer?.filename ?? "") ? mends[id] : undefined;
    if (!mend) return part;
    if (!mended.has(part)) mended.set(part, mend(part));
    return mended.get(part);
  };
}

// Worker threads that cells start are given the preload too, and need none of it.
if (threads.isMainThread) {
  mendTslab();
  library.findFromAnywhere();
  if ((process.permission as typeof process.permission | undefined) === undefined) parent.endWithParent();
  else fence.fenceIn();
}
