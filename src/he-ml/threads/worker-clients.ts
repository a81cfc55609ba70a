import type { EvaluationKeys } from "../crypto/public-context.js";
import { InputError } from "../errors.js";
import type { Answer, Everyone, Message, TaskResult } from "./messages.js";
import { TeamFailedError } from "../kernels/ring-team.js";

/** Computes tasks with one client's keys, which it frees when it is disposed of. */
export interface ClientWorker<Task, Result = TaskResult> extends Disposable {
  compute(task: Task): Answer<Result>;
}

/** A worker's side of an executor: the encoded program, and the clients whose keys are loaded. */
export type OpenClient<Task, Result = TaskResult> = (keys: EvaluationKeys) => ClientWorker<Task, Result>;

/** A worker's handler. It resolves even when the worker cannot start: the reason is then the answer to whatever is asked. */
export async function answering<Task, Result = TaskResult>(
  start: () => Promise<OpenClient<Task, Result>>,
): Promise<(message: Message<Task>) => Answer<Result>> {
  const clients = new Map<number, ClientWorker<Task, Result>>();
  const open = await start().catch((error: unknown): OpenClient<Task, Result> & { failed?: unknown } =>
    Object.assign(
      (): never => {
        throw error;
      },
      { failed: error },
    ),
  );
  const obey = ({ order }: Everyone): Answer<Result> => {
    if (order === "ready") {
      if ("failed" in open) throw open.failed;
    } else if ("open" in order) {
      clients.set(order.open, open(order.keys));
    } else {
      clients.get(order.close)?.[Symbol.dispose]();
      clients.delete(order.close);
    }
    return { stopped: true };
  };
  return (message) => {
    try {
      if (!("missing" in message)) {
        const client = clients.get(message.client);
        if (!client) throw new InputError("session: it is closed; connect again");
        return client.compute(message.task);
      }
      try {
        return obey(message);
      } finally {
        meet(message.missing);
      }
    } catch (error) {
      if (error instanceof TeamFailedError) return { stopped: true };
      if (error instanceof InputError) return { refused: error.message };
      throw error;
    }
  };
}

function meet(missing: Int32Array): void {
  if (Atomics.sub(missing, 0, 1) === 1) Atomics.notify(missing, 0);
  for (let left = Atomics.load(missing, 0); left > 0; left = Atomics.load(missing, 0)) {
    Atomics.wait(missing, 0, left);
  }
}
