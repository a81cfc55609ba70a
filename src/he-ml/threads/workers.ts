import type { Answer, Message, Work } from "./messages.js";

/** Threads beside this one, all for the same work. Each does one thing at a time. */
export interface Workers<Task, Result> {
  /**
   * Has a worker that is free, or the first that will be, answer a message.
   *
   * @throws Error if it threw, or was ended
   */
  run(message: Message<Task>): Promise<Answer<Result>>;
  /** Ends all, and whatever they compute; to be called once. */
  end(): Promise<void>;
}

/** Who is told of workers. */
export interface WorkersListener {
  /** What one says of its own accord. */
  onMessage(message: unknown): void;
  /** One has died; may be called of those that were ended, too. @param reason where it is known */
  onDeath(reason?: Error): void;
}

/** Starts workers, by whatever a platform has for threads: in each of them `workerFor` answers. */
export type StartWorkers = <Task, Result>(
  work: Work,
  threads: number,
  listener: WorkersListener,
) => Workers<Task, Result>;
