type Name = "stdout" | "stderr";
type Publish = (type: string, content: Record<string, unknown>) => void;

/** How long text may wait for more. Jupyter's server drops output beyond 1,000 messages a second. */
const waitMilliseconds = 50;
const fullCharacters = 65_536;

/** Gathers what a cell prints into few messages; order is kept, also between the two streams. */
class GatheredStreams {
  readonly #publish: Publish;
  #name: Name = "stdout";
  #texts: string[] = [];
  #characters = 0;
  #since = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(publish: Publish) {
    this.#publish = publish;
  }

  write(name: Name, text: string): void {
    if (text === "") return;
    if (name !== this.#name) this.flush();
    if (this.#texts.length === 0) this.#since = performance.now();
    this.#name = name;
    this.#texts.push(text);
    this.#characters += text.length;
    // The timer alone would keep back all that a cell prints before it first waits for something.
    if (this.#characters >= fullCharacters || performance.now() - this.#since >= waitMilliseconds)
      this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), waitMilliseconds).unref();
  }

  /** Publishes what has gathered; called before anything else is published. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#texts.length === 0) return;
    const text = this.#texts.join("");
    this.#texts = [];
    this.#characters = 0;
    this.#publish("stream", { name: this.#name, text });
  }
}

export = { GatheredStreams };
