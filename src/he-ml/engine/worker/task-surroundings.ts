import type { Model } from "../../model/model.js";
import type { WorkerLimits } from "../worker-messages.js";
import type { Parent } from "./parent.js";

/** What tasks take from the worker that does them. */
export interface TaskSurroundings {
  readonly limits: Pick<WorkerLimits, "mostDegree">;
  readonly parent: Pick<Parent, "fetch" | "keep">;
  /** By a `ModelReference`'s path. @throws InputError if it cannot be read or encrypted */
  readonly loadModel: (path: string) => Promise<Model>;
}
