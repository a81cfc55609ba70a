import { InputError } from "../../errors.js";
import type { StoreKind } from "../engine-types.js";
import type { Frame, FromWorker, ToWorker } from "../worker-messages.js";

/** A worker's end of the way to its parent. */
export interface Channel {
  /** Called once. What comes before that is not lost. */
  listen(onFrame: (frame: Frame) => void): void;
  say(message: FromWorker, body?: Uint8Array): void;
}

type Answer = Extract<ToWorker, { readonly type: "bytes" | "stored" | "notStored" }>;

/** The other end of a worker's channel, with the store behind it. What it says is believed. */
export class Parent {
  readonly #answers: ((answer: Answer, body: Uint8Array) => void)[] = [];

  /** @param onOrder told all that the parent says unasked */
  constructor(
    private readonly channel: Channel,
    onOrder: (order: Exclude<ToWorker, Answer>, body: Uint8Array) => void,
  ) {
    channel.listen((frame) => {
      const head = frame.head as ToWorker;
      if (head.type === "bytes" || head.type === "stored" || head.type === "notStored") {
        this.#answers.shift()!(head, frame.body);
      } else onOrder(head, frame.body);
    });
  }

  say(message: FromWorker, body?: Uint8Array): void {
    this.channel.say(message, body);
  }

  /** @throws InputError if it is no longer kept */
  async fetch(kind: StoreKind, id: string): Promise<Uint8Array> {
    const [answer, body] = await this.#ask({ type: "get", kind, id });
    if (answer.type === "bytes" && answer.found) return body;
    throw new InputError(
      `job: its ${kind} is no longer kept; ask for the program again, and open a session again`,
    );
  }

  /**
   * Puts a program into the store.
   *
   * @returns its name there
   * @throws InputError if there is no room
   */
  async keep(program: Uint8Array): Promise<string> {
    const [answer] = await this.#ask({ type: "put" }, program);
    if (answer.type === "stored") return answer.id;
    const reason = answer.type === "notStored" ? answer.reason : "it was not taken";
    throw new InputError(`compile: the program cannot be kept: ${reason}; ask for fewer layers`);
  }

  #ask(question: FromWorker, body?: Uint8Array): Promise<[Answer, Uint8Array]> {
    this.say(question, body);
    return new Promise((resolve) => this.#answers.push((answer, bytes) => resolve([answer, bytes])));
  }
}
