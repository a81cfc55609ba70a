import { Piscina } from "piscina";
import type { Answer, Message } from "../../threads/messages.js";
import type { StartWorkers, Workers, WorkersListener } from "../../threads/workers.js";

/** Node's worker threads. @param file of a module whose default export is, or promises, what answers messages there */
export function piscinaWorkers(file: URL): StartWorkers {
  return <Task, Result>(
    work: unknown,
    threads: number,
    { onMessage, onDeath }: WorkersListener,
  ): Workers<Task, Result> => {
    const pool = new Piscina<Message<Task>, Answer<Result>>({
      filename: file.href,
      workerData: work,
      minThreads: threads,
      maxThreads: threads,
      concurrentTasksPerWorker: 1,
    });
    const died = () => onDeath();
    pool.on("message", onMessage).on("workerDestroy", died).on("error", died);
    return {
      run: (message) => pool.run(message),
      // When the pool has forgotten who died, or it would wait for that worker to end once more. After a second call it would
      // start new ones.
      end: () => Promise.resolve().then(() => pool.destroy()),
    };
  };
}
