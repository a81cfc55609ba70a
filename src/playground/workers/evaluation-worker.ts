import {
  InputError,
  Server,
  compile,
  explain,
  loadModel,
  zeros,
  type Program,
  type SerializedTensor,
  type Session,
  type Tensor,
} from "he-ml";
import { runBench } from "../bench/run.js";
import { answerCalls } from "./calls.js";
import type { EvaluationWork, StageCiphertexts } from "./messages.js";

const evaluatorNames = { seal: "SEAL", kernel: "the evaluator of our own" } as const;

let program: Program | undefined;
let server: Server | undefined;
let session: Session | undefined;

function given<T>(value: T | undefined, what: string): T {
  if (value !== undefined) return value;
  throw new InputError(`evaluation worker: there is no ${what} yet; wait until it is ready`);
}

async function timed<T extends object>(work: () => Promise<T>): Promise<T & { milliseconds: number }> {
  const start = performance.now();
  const result = await work();
  return { ...result, milliseconds: performance.now() - start };
}

const evaluationWork: EvaluationWork = {
  compile: ({ folder, evaluator }) =>
    timed(async () => {
      await server?.close();
      program = await compile(await loadModel(folder), { evaluator });
      return { spec: program.clientSpec };
    }),
  start: () =>
    timed(async () => {
      server = await Server.start(given(program, "program"));
      return {};
    }),
  connect: (keys) =>
    timed(async () => {
      session = await given(server, "server").connect(keys);
      return {};
    }),
  run: (request) =>
    timed(async () => {
      const { response, traces } = await given(session, "session").run(request);
      const { evaluator, reason } = given(server, "server").evaluator;
      return { response, traces, evaluator: `${evaluatorNames[evaluator]}: ${reason}` };
    }),
  async stages(request) {
    const { clientSpec, plan } = given(program, "program");
    const stages: StageCiphertexts[] = [];
    // A twin that has no key, and decrypts nothing: it keeps what each stage gives.
    const keep = ({ ciphertexts, shape, images }: SerializedTensor): Tensor => {
      stages.push({ name: plan!.stages[stages.length].name, ciphertexts });
      return zeros([images, ...shape]);
    };
    await given(session, "session").run(request, {
      twin: { input: zeros([1, ...clientSpec.inputShape]), decrypt: keep },
    });
    return stages;
  },
  explain: async () => explain(given(program, "program")),
  program: async () => JSON.stringify(given(program, "program")),
  bench: runBench,
};

answerCalls<unknown>()(evaluationWork);
