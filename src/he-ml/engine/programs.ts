import { shortDigest } from "../crypto/key-bytes.js";
import { InputError } from "../errors.js";
import type { ProgramRequest } from "../network/protocol.js";
import { digestOf } from "../program/digest.js";
import { programSeconds } from "./engine-options.js";
import {
  QueueFullError,
  compiledProgramsSchema,
  type CompiledPrograms,
  type HeldProgram,
  type ModelReference,
  type Store,
  type TaskResult,
  type Task,
} from "./engine-types.js";
import { TurnsBy } from "./turns-by.js";

/** Does a task in its turn. @throws InputError, TaskFailedError, QueueFullError, QueueClosedError */
export type DoTask = (id: string, owner: string, task: Task, input?: Uint8Array) => Promise<TaskResult>;

/** Of a model, by its path. @throws InputError if there is no such model */
export type IdentityOf = (path: string) => Promise<string>;

/** Most models are compiled within a second or two. */
const secondsUntilRoom = 5;

/** Compiled programs: each request is compiled at most once at a time, and kept. */
export class Programs {
  readonly #compiling = new Map<string, Promise<CompiledPrograms>>();
  /** Of those, how many are not kept yet. */
  #compilingAnew = 0;
  /** One after the other, so that none is lost. */
  readonly #indexing = new TurnsBy();

  /**
   * @param mostAtOnce requests that are compiled or wait for it, so that the queue has room for sessions
   * @param identityOf changes when what lies at a model's path does
   */
  constructor(
    private readonly store: Store,
    private readonly doTask: DoTask,
    private readonly mostAtOnce: number,
    private readonly identityOf: IdentityOf = async (path) => path,
  ) {}

  async compile(model: ModelReference, request: ProgramRequest): Promise<CompiledPrograms> {
    const id = digestOf({
      model,
      identity: await this.identityOf(model.path),
      request: { ...request, net: undefined },
    });
    const compiling = this.#compiling.get(id) ?? this.#compile(id, model, request);
    this.#compiling.set(id, compiling);
    try {
      return await compiling;
    } finally {
      this.#compiling.delete(id);
    }
  }

  async #compile(id: string, model: ModelReference, request: ProgramRequest): Promise<CompiledPrograms> {
    const kept = await this.store.get("compiled", id, programSeconds);
    const compiled = kept && compiledProgramsSchema.parse(jsonOf(kept));
    const isWhole = compiled && (await this.#areKept(compiled.programs));
    const { net, programs } = isWhole ? compiled : await this.#compileAnew(id, model, request);
    for (const program of programs)
      await this.#indexing.take(program.digest, () => this.#index({ net, program }));
    return { net, programs };
  }

  async #compileAnew(id: string, model: ModelReference, request: ProgramRequest): Promise<CompiledPrograms> {
    if (this.#compilingAnew >= this.mostAtOnce) throw new QueueFullError(secondsUntilRoom);
    this.#compilingAnew++;
    try {
      const { about } = await this.doTask(`compile-${id}`, "compile", { kind: "compile", model, request });
      const compiled = compiledProgramsSchema.parse(about);
      await this.store.put("compiled", id, bytesOf(compiled), programSeconds);
      return compiled;
    } finally {
      this.#compilingAnew--;
    }
  }

  /** Whether their JSON is in the store; then it stays there. */
  async #areKept(programs: readonly HeldProgram[]): Promise<boolean> {
    const kept = await Promise.all(
      programs.map(({ stored }) => this.store.touch("program", stored, programSeconds)),
    );
    return !kept.includes(false);
  }

  /** The one that was compiled last. */
  async find(digest: string): Promise<HeldProgram | undefined> {
    const [last] = await this.#kept(digest);
    return last?.program;
  }

  /**
   * The program that a session is to be for.
   *
   * @throws InputError if none is kept; or two models have one, and none is named
   */
  async choose(digest: string, net: string | undefined): Promise<HeldProgram> {
    const kept = await this.#kept(digest);
    const nets = kept.map((one) => one.net);
    if (net === undefined && kept.length > 1) {
      throw new InputError(
        `session: program ${shortDigest(digest)}… is one of models ${nets.join(" and ")}, which differ in weights alone; say the net`,
      );
    }
    const found = net === undefined ? kept[0] : kept.find((one) => one.net === net);
    if (found) return found.program;
    throw new InputError(
      `session: there is no program ${shortDigest(digest)}… ${net === undefined ? "" : `of model ${net} `}any more; ask for it again`,
    );
  }

  async #kept(digest: string): Promise<readonly Indexed[]> {
    const bytes = await this.store.get("compiled", digest, programSeconds);
    const indexed = bytes ? (jsonOf(bytes) as readonly Indexed[]) : [];
    const kept = await Promise.all(indexed.map(({ program }) => this.#areKept([program])));
    return indexed.filter((_, i) => kept[i]);
  }

  async #index(added: Indexed): Promise<void> {
    const { digest } = added.program;
    const others = (await this.#kept(digest)).filter(({ net }) => net !== added.net);
    await this.store.put("compiled", digest, bytesOf([added, ...others]), programSeconds);
  }
}

/** Programs of one digest: those of several models may differ in their weights. */
interface Indexed {
  readonly net: string;
  readonly program: HeldProgram;
}

const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const jsonOf = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(bytes));
