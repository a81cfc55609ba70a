import type { Duplex } from "node:stream";
import { InputError } from "../../../errors.js";
import { FrameReader, writeFrame, type Frame } from "../frames.js";
import type { StoreKind } from "../engine-types.js";
import type { FromWorker, ToWorker } from "../worker-messages.js";

/** What a parent says is believed. */
const limits = { headBytes: 2 ** 32, bodyBytes: 2 ** 32 };

/** @param onPiece told all that comes in; what it is given may be written over after that */
export type OpenChannel = (onPiece: (piece: Uint8Array) => void) => Duplex;

type Answer = Extract<ToWorker, { readonly type: "bytes" | "stored" | "notStored" }>;

/** The other end of a worker process, with the store behind it. */
export class Parent {
  readonly channel: Duplex;
  readonly #answers: ((answer: Answer, body: Uint8Array) => void)[] = [];

  /** @param onOrder told all that the parent says unasked */
  constructor(open: OpenChannel, onOrder: (order: Exclude<ToWorker, Answer>, body: Uint8Array) => void) {
    const reader = new FrameReader(limits);
    this.channel = open((piece) => {
      for (const { head, body } of reader.read(piece) as Iterable<Frame & { readonly head: ToWorker }>) {
        if (head.type === "bytes" || head.type === "stored" || head.type === "notStored") {
          this.#answers.shift()!(head, body);
        } else onOrder(head, body);
      }
    });
  }

  say(message: FromWorker, body?: Uint8Array): void {
    writeFrame(this.channel, message, body);
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
