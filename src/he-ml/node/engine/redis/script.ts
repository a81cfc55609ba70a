import { createHash } from "node:crypto";
import type { Redis } from "ioredis";

/** A script that Redis runs as one step. */
export class Script {
  readonly #sha: string;

  constructor(private readonly lua: string) {
    this.#sha = createHash("sha1").update(lua).digest("hex");
  }

  async run(client: Redis, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    const rest = [...keys, ...args];
    try {
      return await client.evalsha(this.#sha, keys.length, ...rest);
    } catch (error) {
      // It forgets scripts when it starts anew.
      if (!(error as Error).message.startsWith("NOSCRIPT")) throw error;
      return await client.eval(this.lua, keys.length, ...rest);
    }
  }
}
