import { loadedKeyBytes } from "../../crypto/rotation-keys.js";
import { Program } from "../../program/program.js";
import { Server } from "../../service/server.js";
import type { Session } from "../../service/session.js";
import type { WorkerLimits } from "../worker-messages.js";
import type { Parent } from "./parent.js";

interface OpenSession {
  readonly program: string;
  readonly session: Session;
}

/** Programs with encoded weights, and sessions with loaded keys; those least recently used go first where there are too many. */
export class LoadedPrograms {
  /** By name in the store; those least recently used come first. */
  readonly #servers = new Map<string, Server>();
  readonly #sessions = new Map<string, OpenSession>();

  constructor(
    private readonly parent: Parent,
    private readonly limits: Pick<WorkerLimits, "programs" | "keyBytes">,
  ) {}

  /** Names of all that is loaded. */
  get holds(): string[] {
    return [...this.#servers.keys(), ...this.#sessions.keys()];
  }

  /** @throws InputError if keys or program are no longer kept, or cannot be used */
  async session(program: string, id: string): Promise<Session> {
    const open = this.#sessions.get(id);
    if (!open) return this.open(program, id, await this.parent.fetch("keys", id));
    lastUsed(this.#servers, program);
    return lastUsed(this.#sessions, id)!.session;
  }

  /** @throws InputError if the keys are damaged or another program's, or the program is no longer kept */
  async open(program: string, id: string, keys: Uint8Array): Promise<Session> {
    const server = await this.#server(program);
    await this.forget(id);
    await this.#makeRoom(loadedKeyBytes(server.program.parameters, server.program.clientSpec));
    const session = await server.connect(keys);
    this.#sessions.set(id, { program, session });
    return session;
  }

  /** Frees a session's keys. */
  async forget(id: string): Promise<void> {
    const open = this.#sessions.get(id);
    this.#sessions.delete(id);
    await open?.session.close();
  }

  async #server(name: string): Promise<Server> {
    const loaded = lastUsed(this.#servers, name);
    if (loaded) return loaded;
    const json = new TextDecoder().decode(await this.parent.fetch("program", name));
    const program = Program.fromJSON(JSON.parse(json));
    while (this.#servers.size >= this.limits.programs) await this.#unload(this.#servers.keys().next().value!);
    const server = await Server.start(program, { threads: 0, mostKeyBytes: this.limits.keyBytes });
    this.#servers.set(name, server);
    return server;
  }

  async #unload(name: string): Promise<void> {
    for (const [id, { program }] of this.#sessions) if (program === name) await this.forget(id);
    await this.#servers.get(name)?.close();
    this.#servers.delete(name);
  }

  async #makeRoom(bytes: number): Promise<void> {
    const taken = () => [...this.#sessions.values()].reduce((sum, { session }) => sum + session.keyBytes, 0);
    while (this.#sessions.size > 0 && taken() + bytes > this.limits.keyBytes) {
      await this.forget(this.#sessions.keys().next().value!);
    }
  }
}

function lastUsed<T>(map: Map<string, T>, key: string): T | undefined {
  const value = map.get(key);
  if (value === undefined) return undefined;
  map.delete(key);
  map.set(key, value);
  return value;
}
