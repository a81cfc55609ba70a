import type { StreamName } from "./kernel-messages.js";

/** So much of one cell's text is shown; a loop that prints for ever must not fill the page's memory. */
export const mostCharacters = 1_000_000;

/** How long printed text is kept, to go out together: a message a line would keep a page busy. */
const millisecondsKept = 50;

/** Gathers what a cell prints. A cell that does not let go of the thread has its text sent while it prints. */
export class Streams {
  #name: StreamName = "stdout";
  #text = "";
  #since = 0;
  #printed = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Taken before any cell could put others in their places. */
  readonly #later = setTimeout.bind(globalThis);
  readonly #notLater = clearTimeout.bind(globalThis);
  readonly #clock = performance;

  constructor(private readonly send: (name: StreamName, text: string) => void) {}

  /** A new cell begins. */
  restart(): void {
    this.flush();
    this.#printed = 0;
  }

  write(name: StreamName, text: string): void {
    if (this.#printed >= mostCharacters) return;
    if (name !== this.#name) this.flush();
    this.#name = name;
    if (this.#text === "") this.#since = this.#clock.now();
    const shown = text.slice(0, mostCharacters - this.#printed);
    this.#printed += shown.length;
    this.#text += shown;
    if (this.#printed >= mostCharacters)
      this.#text += `\n[the cell has printed ${mostCharacters} characters; no more of its text is shown]\n`;
    if (this.#clock.now() - this.#since > millisecondsKept) this.flush();
    else this.#timer ??= this.#later(() => this.flush(), millisecondsKept);
  }

  flush(): void {
    this.#notLater(this.#timer);
    this.#timer = undefined;
    if (this.#text !== "") this.send(this.#name, this.#text);
    this.#text = "";
  }
}
