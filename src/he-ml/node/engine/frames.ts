import type { Writable } from "node:stream";

// What a process and its parent say to each other: a frame is the lengths of a head and of a body (32 bits each, little-endian),
// then the head, JSON in UTF-8, and the body. Node's own channel between processes would do the same, but the parent could neither
// bound what a process sends there, nor catch what throws when it sends nonsense.

export interface Frame {
  readonly head: unknown;
  readonly body: Uint8Array;
}

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

/** Puts frames together from pieces as they come. */
export class FrameReader {
  #pieces: Uint8Array[] = [];
  #length = 0;

  constructor(private readonly limits: FrameLimits) {}

  /**
   * @returns the frames that are whole now
   * @throws Error if the head is no JSON, or anything is longer than it may be
   */
  *read(piece: Uint8Array): Generator<Frame> {
    this.#pieces.push(piece);
    this.#length += piece.length;
    for (;;) {
      if (this.#length < lengthsBytes) return;
      this.#gather(lengthsBytes);
      const view = new DataView(this.#pieces[0].buffer, this.#pieces[0].byteOffset);
      const [headBytes, bodyBytes] = [view.getUint32(0, true), view.getUint32(4, true)];
      if (headBytes > this.limits.headBytes || bodyBytes > this.limits.bodyBytes) {
        throw new Error(`a frame of ${headBytes} and ${bodyBytes} bytes is too long`);
      }
      const whole = lengthsBytes + headBytes + bodyBytes;
      if (this.#length < whole) return;
      const bytes = this.#take(whole);
      const bodyStart = lengthsBytes + headBytes;
      const head = JSON.parse(new TextDecoder().decode(bytes.subarray(lengthsBytes, bodyStart))) as unknown;
      yield { head, body: bytes.subarray(bodyStart) };
    }
  }

  /** Makes the first piece at least so long; as many bytes are there. */
  #gather(length: number): void {
    if (this.#pieces[0].length >= length) return;
    const gathered = concatenated(this.#pieces, this.#length);
    this.#pieces = [gathered];
  }

  #take(length: number): Uint8Array {
    // Of its own, and no Buffer, which is what reads would give.
    const all = concatenated(this.#pieces, this.#length);
    this.#pieces = length < all.length ? [all.slice(length)] : [];
    this.#length -= length;
    return all.subarray(0, length);
  }
}

function concatenated(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const all = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
