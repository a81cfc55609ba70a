type Name = "stdout" | "stderr";
type Publish = (type: string, content: Record<string, unknown>) => void;

/** So many messages leave at once in each such time. Jupyter's server drops output beyond 1,000 messages a second. */
const budget = 20;
const budgetMilliseconds = 50;
const fullCharacters = 65_536;

/**
 * Publishes what a cell prints: at once, and in larger messages when it prints much. Order is kept, also between the
 * two streams.
 */
class GatheredStreams {
  readonly #publish: Publish;
  #name: Name = "stdout";
  #texts: string[] = [];
  #characters = 0;
  #budgetSince = 0;
  #sent = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(publish: Publish) {
    this.#publish = publish;
  }

  write(name: Name, text: string): void {
    if (text === "") return;
    if (name !== this.#name) this.flush();
    this.#name = name;
    this.#texts.push(text);
    this.#characters += text.length;
    // The timer alone would keep back all that a cell prints before it first waits for something.
    if (this.#mayPublish()) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), budgetMilliseconds).unref();
  }

  #mayPublish(): boolean {
    const now = performance.now();
    if (now - this.#budgetSince >= budgetMilliseconds) {
      this.#budgetSince = now;
      this.#sent = 0;
    }
    return this.#sent < budget || this.#characters >= fullCharacters;
  }

  /** Publishes what has gathered; called before anything else is published. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#texts.length === 0) return;
    const text = this.#texts.join("");
    this.#texts = [];
    this.#characters = 0;
    this.#sent++;
    this.#publish("stream", { name: this.#name, text });
  }
}

export = { GatheredStreams };
