import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exercises } from "../all.js";
import { examineNotebook } from "../examination/examine-notebook.js";
import { fenced } from "./fence.js";
import type { Progress, Task } from "./messages.js";
import { gradePage } from "./page.js";

// A process of its own for each submission: what a student's kernel sends, however much and whatever it is, is read and judged
// here, and if that ends this process, the one that grades goes on.

const send = (progress: Progress) => new Promise((resolve) => process.send!(progress, resolve));

/** @returns how the process ends */
async function work({ student, notebook, fence, limits }: Task): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), "he-ml-grade-"));
  try {
    const examined = await examineNotebook(notebook, {
      ...{ exercises, cwd: folder, launch: await fenced(fence, limits) },
      timeoutSeconds: limits.cellSeconds,
      mostOutputCharacters: limits.mostOutputCharacters,
      onVerdict: ({ id }, verdict) => void send({ exercise: id, verdict }),
    });
    for (const [{ id }, verdict] of examined.verdicts) await send({ exercise: id, verdict });
    await send({ page: await gradePage(student, examined.verdicts, examined.notebook) });
    return 0;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

// The kernel ends with this process, and this one with whoever grades.
process.on("disconnect", () => process.exit(1));
process.once("message", (task) => void work(task as Task).then((status) => process.exit(status)));
