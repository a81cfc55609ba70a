import type { EvaluatorKind } from "../crypto/evaluator-kind.js";
import type { Program } from "../program/program.js";
import { Client } from "../service/client.js";
import type { Session } from "../service/session.js";
import { timed } from "../service/timed.js";
import type { Tensor } from "../tensor/tensor.js";
import { Server } from "./server.js";

export interface MinAndMedian {
  readonly min: number;
  readonly median: number;
}

export const minAndMedian = (values: readonly number[]): MinAndMedian => ({
  min: Math.min(...values),
  median: median(values),
});

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

/** Milliseconds that it took to get ready. */
export interface ReadyMilliseconds {
  readonly keys: number;
  /** It opens the server's WASM and encodes the weights. */
  readonly encode: number;
  readonly encrypt: number;
}

/** A program with a client, and a server in this thread, evaluated time and again on one encrypted image. */
export class TimedProgram {
  /** The server's work alone, in milliseconds, and the same by stage. */
  readonly evaluations: number[] = [];
  readonly stages: number[][] = [];

  private constructor(
    readonly program: Program,
    readonly client: Client,
    readonly server: Server,
    readonly session: Session,
    readonly keys: Uint8Array,
    readonly request: Uint8Array,
    readonly milliseconds: ReadyMilliseconds,
  ) {}

  /**
   * @param image `[1, …inputShape]`
   * @param evaluator what computes; as the program was planned for if left out
   */
  static async start(program: Program, image: Tensor, evaluator?: EvaluatorKind): Promise<TimedProgram> {
    const [client, making] = await timed(() => Client.create(program.clientSpec));
    const [keys, exporting] = await timed(() => client.evaluationKeys);
    const [server, encode] = await timed(() => Server.start(program, { threads: 0, evaluator }));
    try {
      const session = await server.connect(keys);
      const [request, encrypt] = await timed(() => client.encrypt(image));
      const milliseconds = { keys: making + exporting, encode, encrypt };
      return new TimedProgram(program, client, server, session, keys, request, milliseconds);
    } catch (error) {
      await server.close();
      throw error;
    }
  }

  /** @returns the response */
  async evaluate(signal?: AbortSignal): Promise<Uint8Array> {
    const { response, traces } = await this.session.run(this.request, { signal });
    const milliseconds = traces.map((trace) => trace.milliseconds);
    this.stages.push(milliseconds);
    this.evaluations.push(milliseconds.reduce((sum, taken) => sum + taken, 0));
    return response;
  }

  /** Forgets what was measured so far: the first run is not warm. */
  forget(): void {
    this.evaluations.length = 0;
    this.stages.length = 0;
  }

  close(): Promise<void> {
    return this.server.close();
  }
}
