import { HttpError } from "./http-error.js";
import type { Limits } from "./limits.js";

/** Bodies that are on their way in give room when they are done, or cut. */
const secondsUntilRoom = 2;

/** Room for bodies, each up to a cap and all up to another. */
export class BodyRoom {
  #bytesHeld = 0;

  /** @param onReceived told how many bytes came */
  constructor(
    private readonly limits: Pick<Limits, "mostBodyBytesAtOnce">,
    private readonly onReceived: (bytes: number) => void = () => undefined,
  ) {}

  /**
   * For one body.
   *
   * @param what how messages call it
   * @param declared by `Content-Length`, where there is one
   * @throws HttpError too-large
   */
  for(what: string, mostBytes: number, declared?: string): BodyInRoom {
    const tooLarge = (got: string) =>
      new HttpError("too-large", `${what}: expected at most ${mostBytes} bytes, got ${got}`);
    if (Number(declared) > mostBytes) throw tooLarge(declared!);
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    return {
      take: (chunk) => {
        if (bytes + chunk.length > mostBytes) throw tooLarge("more");
        if (this.#bytesHeld + chunk.length > this.limits.mostBodyBytesAtOnce) {
          throw new HttpError(
            "busy",
            "too many bodies are on their way in; come back later",
            secondsUntilRoom,
          );
        }
        bytes += chunk.length;
        this.#bytesHeld += chunk.length;
        this.onReceived(chunk.length);
        chunks.push(chunk);
      },
      whole: () => joined(chunks.splice(0), bytes),
      release: () => {
        this.#bytesHeld -= bytes;
        bytes = 0;
      },
    };
  }
}

/** A body that comes in. */
export interface BodyInRoom {
  /** @throws HttpError too-large, or busy */
  take(chunk: Uint8Array): void;
  /** All that came, once. */
  whole(): Uint8Array;
  /** Its bytes count no longer. */
  release(): void;
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
