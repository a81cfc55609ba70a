import type { Writable } from "node:stream";
import type { Frame } from "../../engine/worker-messages.js";

// What a process and its parent say to each other: a frame is the lengths of a head and of a body (32 bits each, little-endian),
// then the head, JSON in UTF-8, and the body. Node's own channel between processes would do the same, but the parent could neither
// bound what a process sends there, nor catch what throws when it sends nonsense.

export interface FrameLimits {
  readonly headBytes: number;
  readonly bodyBytes: number;
}

const lengthsBytes = 8;
const nothing = new Uint8Array(0);

export function writeFrame(stream: Writable, head: object, body: Uint8Array = nothing): void {
  const text = Buffer.from(JSON.stringify(head));
  const lengths = Buffer.alloc(lengthsBytes);
  lengths.writeUInt32LE(text.length, 0);
  lengths.writeUInt32LE(body.length, 4);
  stream.cork();
  stream.write(Buffer.concat([lengths, text]));
  if (body.length > 0) stream.write(body);
  stream.uncork();
}

/** So much is made room for at once; whoever announces more has to send it. */
const roomAtFirst = 2 ** 20;

/** Puts frames together from pieces as they come; a piece may be written over when it was read. */
export class FrameReader {
  /** The part of a frame that comes in: its lengths, its head, its body. */
  #part = new Uint8Array(lengthsBytes);
  #filled = 0;
  #partBytes = lengthsBytes;
  #lengths?: { readonly head: number; readonly body: number };
  #head?: { readonly value: unknown };

  constructor(private readonly limits: FrameLimits) {}

  /**
   * @returns the frames that are whole now
   * @throws Error if the head is no JSON, or anything is longer than it may be
   */
  *read(piece: Uint8Array): Generator<Frame> {
    let rest = piece;
    for (;;) {
      rest = rest.subarray(this.#fill(rest));
      if (this.#filled < this.#partBytes) return;
      const frame = this.#partIsWhole();
      if (frame) yield frame;
    }
  }

  /** @returns how many bytes it took */
  #fill(bytes: Uint8Array): number {
    const taken = bytes.subarray(0, this.#partBytes - this.#filled);
    if (this.#filled + taken.length > this.#part.length) {
      const wanted = Math.max(2 * this.#part.length, this.#filled + taken.length);
      const larger = new Uint8Array(Math.min(wanted, this.#partBytes));
      larger.set(this.#part.subarray(0, this.#filled));
      this.#part = larger;
    }
    this.#part.set(taken, this.#filled);
    this.#filled += taken.length;
    return taken.length;
  }

  #partIsWhole(): Frame | undefined {
    const bytes = this.#part;
    if (!this.#lengths) {
      const view = new DataView(bytes.buffer);
      const [head, body] = [view.getUint32(0, true), view.getUint32(4, true)];
      if (head > this.limits.headBytes || body > this.limits.bodyBytes) {
        throw new Error(`a frame of ${head} and ${body} bytes is too long`);
      }
      this.#lengths = { head, body };
      this.#next(head);
      return undefined;
    }
    if (!this.#head) {
      this.#head = { value: JSON.parse(new TextDecoder().decode(bytes)) as unknown };
      this.#next(this.#lengths.body);
      return undefined;
    }
    const frame = { head: this.#head.value, body: bytes };
    this.#lengths = this.#head = undefined;
    this.#next(lengthsBytes);
    return frame;
  }

  #next(bytes: number): void {
    this.#part = new Uint8Array(Math.min(bytes, roomAtFirst));
    this.#partBytes = bytes;
    this.#filled = 0;
  }
}
