import type { EvaluatorKind } from "../crypto/evaluator-kind.js";
import { chooseEvaluator } from "../crypto/choose-evaluator.js";
import type { Program } from "../program/program.js";
import type { Tensor } from "../tensor/tensor.js";
import type { AccuracyOptions, AccuracyPlace, ChunkRun, ChunkRunner } from "./accuracy.js";
import { Client } from "./client.js";
import type { Server } from "./server.js";
import type { Session } from "./session.js";
import { timed } from "./timed.js";

/** Chunks run one after the other on a server of this process. */
export function onServer(
  servers: Pick<typeof Server, "start">,
  { threads, evaluator }: Pick<AccuracyOptions, "threads" | "evaluator">,
): AccuracyPlace {
  return {
    evaluatorOf: async (program): Promise<EvaluatorKind> =>
      (await chooseEvaluator(program.parameters, { asked: evaluator, usual: program.evaluator })).evaluator,
    start: (program) => SessionRunner.start(servers, program, { threads, evaluator }),
  };
}

class SessionRunner implements ChunkRunner {
  readonly atOnce = 1;

  private constructor(
    private readonly client: Client,
    private readonly server: Server,
    private readonly session: Session,
    readonly setupMilliseconds: ChunkRunner["setupMilliseconds"],
  ) {}

  static async start(
    servers: Pick<typeof Server, "start">,
    program: Program,
    options: Pick<AccuracyOptions, "threads" | "evaluator">,
  ): Promise<SessionRunner> {
    const { security } = program.parameters;
    const [client, making] = await timed(() =>
      Client.create(program.clientSpec, { security: security === "teaching" ? security : undefined }),
    );
    const [keys, exporting] = await timed(() => client.evaluationKeys);
    const [server, starting] = await timed(() => servers.start(program, options));
    try {
      const [session, connecting] = await timed(() => server.connect(keys));
      const setup = { keys: making + exporting, server: starting + connecting };
      return new SessionRunner(client, server, session, setup);
    } catch (error) {
      await server.close();
      throw error;
    }
  }

  get threads(): number {
    return this.server.threads;
  }

  async run(images: Tensor, signal?: AbortSignal): Promise<ChunkRun> {
    const [request, encrypt] = await timed(() => this.client.encryptAsync(images, { signal }));
    const { response, traces } = await this.session.run(request, { signal });
    const [logits, decrypt] = await timed(() => this.client.decrypt(response));
    const evaluate = traces.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
    return { logits, milliseconds: { encrypt, travel: 0, evaluate, decrypt } };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.server.close();
  }
}
